"""Settings with one route and real folders, as an installation has them; nothing runs."""

from pathlib import Path

from pydantic import SecretStr

from config.routes import RouteSettings
from config.sections import Eparaksts, Folders, TrustSettings
from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.names import DocumentId
from tests.support.builders import INVOICES, a_seal
from worker.app.intake import intake_of
from worker.app.on_disk import OnDisk


def an_installation(folder: Path, *, duplicates: Duplicates = Duplicates.SEAL) -> Settings:
    route = {"seal": a_seal().label, "approvers": ["000123-00001"], "duplicates": duplicates}
    return Settings(
        folders=Folders().below(folder),
        eparaksts=Eparaksts(client_id="client", client_secret=SecretStr("secret")),
        trust=TrustSettings(anchors=(Path("root.pem"),)),
        routes={INVOICES: RouteSettings.model_validate(route)},
    )


async def hand_in(settings: Settings, content: bytes) -> DocumentId:
    """Hand a document in as `zimogs submit` does."""
    file = settings.folders.data.parent / "mine.pdf"
    file.write_bytes(content)
    intake = intake_of(settings, OnDisk.of(settings), limit=lambda: None, observe=lambda _: None)
    taken = await intake.accept_copy(file, INVOICES)
    if isinstance(taken, Duplicate):
        return taken.document.id
    return taken.id if isinstance(taken, Document) else taken.document
