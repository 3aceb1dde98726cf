"""A desk over real folders, put together as in an installation. It calls nobody: who comes in is said by the test."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from config.redis import Redis
from config.routes import RouteSettings
from config.sections import Desk
from config.settings import Settings
from jobs.gather import gather
from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.names import DocumentId, PersonalCode, RouteName, personal_code
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.seals import Expectation, Proof
from tests.support.builders import ANNA, INVOICES, JANIS, a_document, a_seal
from tests.support.desk import MemoryGathering
from tests.support.dialogs import MemoryDialogs
from tests.support.disk_app import DiskApp
from tests.support.installation import an_installation
from tests.support.pki import the_authority, the_seal
from tests.support.shelves import stand
from tests.support.sittings import MemorySittings
from tests.support.small import MemorySeals, MemoryVerifier
from worker.app.serving import listen, served
from worker.app.wiring import App, opened
from worker.desk.application import desk_application
from worker.desk.rendering import redirect
from worker.desk.sessions import SESSION
from worker.eparaksts.identities import User

SALARIES = RouteName("salaries")
LIGA = personal_code("PNOLV-000123-00003")
NAMES = {ANNA: "Anna Parauga", JANIS: "Jānis Paraugs", LIGA: "Līga Parauga"}
ROUTES = {
    INVOICES: {"seal": a_seal().label, "approvers": [ANNA, JANIS], "viewers": [LIGA]},
    SALARIES: {"seal": "CN:SIA PARAUGS: algas", "approvers": [JANIS]},
}


class FileVerifier(MemoryVerifier):
    """Judges as it does in memory, and proves the file that stands on the shelf."""

    def __init__(self, way: DiskApp) -> None:
        super().__init__(way.memory.vendor.downloaded)
        self._layout = way.layout

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        proof = await super().verify_sealed(document, expectation)
        content = self._layout.place(document.id).sealed.read_bytes()
        return proof.model_copy(update={"sha256": Digest.sha256(content), "size": len(content)})


@dataclass(frozen=True, slots=True)
class Counter:
    """The desk at `url`; `way` leads documents to their end.

    Unless other routes are named, Anna approves on invoices, Jānis on every route, and Līga looks on at invoices.
    """

    url: str
    app: App
    way: DiskApp

    async def refused(self, number: int, reason: Reason, content: bytes, **fields: object) -> Document:
        """A document in quarantine, with this content."""
        document = self._document(number, **fields)
        stand(self.way.layout, document)
        self.way.layout.place(document.id).original.write_bytes(content)
        (self.way.layout.waiting(document.route) / document.id).unlink()
        refusal = Refusal(document=document.id, reason=reason, detail="what support wants to know")
        await self.app.desk.documents.quarantine.put(document, refusal)
        return document

    async def gathered(self, *numbers: int) -> list[Document]:
        documents = [self._document(number) for number in numbers]
        stand(self.way.layout, *documents)
        await gather(self.way.memory.route, self.way.tools, at_once=True)
        return documents

    async def delivered(self, *numbers: int) -> list[Document]:
        documents = [self._document(number) for number in numbers]
        await self.way.delivered(*documents)
        return documents

    async def is_in_quarantine(self, document: DocumentId) -> bool:
        return any(one.explanation.document == document for one in await self.app.desk.documents.quarantine.entries())

    def _document(self, number: int, **fields: object) -> Document:
        return a_document(number).model_copy(update={"received_at": datetime.now(UTC), **fields})


@asynccontextmanager
async def a_counter(
    folder: Path, routes: Mapping[RouteName, object] | None = None, **others: object
) -> AsyncIterator[Counter]:
    """Open it for the time of the block; `others` take the place of what the desk would work with."""
    settings = _settings(folder, routes or ROUTES)
    settings.trust.anchors[0].write_bytes(the_authority().root.certificate.public_bytes(Encoding.PEM))
    async with opened(settings) as app:
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # What Redis would keep is kept in memory.
        kept = {
            "sittings": MemorySittings(),
            "dialogs": MemoryDialogs(lambda: datetime.now(UTC)),
            "gathering": MemoryGathering(),
        }
        desk = replace(app.desk, settings=Desk(public_url=url), **(kept | others))  # type: ignore[arg-type]
        pages = desk_application(desk)
        pages.add_routes([web.get("/enter/{code}", _enter)])
        async with served(pages, listener):
            way = DiskApp(folder)
            way.memory.verifier = FileVerifier(way)
            certificate = base64.b64encode(the_seal().certificate_der).decode()
            way.memory.seals = MemorySeals(a_seal().model_copy(update={"certificate": certificate}))
            yield Counter(url, app, way)


async def _enter(request: web.Request) -> web.Response:
    code = PersonalCode(request.match_info["code"])
    request[SESSION].sign_in(User(NAMES.get(code, code), code))
    return redirect("/seals")


def _settings(folder: Path, routes: Mapping[RouteName, object]) -> Settings:
    settings = an_installation(folder)
    return settings.model_copy(
        update={
            # Nobody is there, and nobody is asked.
            "redis": Redis.model_validate({"url": "redis://127.0.0.1:1"}),
            "routes": {name: RouteSettings.model_validate(each) for name, each in routes.items()},
            "eparaksts": settings.eparaksts.model_copy(update={"insecure_practice": True}),
            "trust": settings.trust.model_copy(update={"anchors": (folder / "root.pem",)}),
        }
    )
