"""Where the desk sends what people decide, in memory; and what it knows of single documents, on disk."""

from pathlib import Path

from jobs.model.names import RouteName
from jobs.model.seals import Authorization
from tests.support.installation import an_installation
from worker.app.documents import document_tools_of
from worker.app.intake import intake_of
from worker.app.on_disk import OnDisk
from worker.desk.document_tools import DocumentTools


class MemoryApprovals:
    def __init__(self) -> None:
        self.authorizations: list[Authorization] = []

    async def enqueue_sealing(self, authorization: Authorization) -> None:
        self.authorizations.append(authorization)


class MemoryGathering:
    def __init__(self) -> None:
        self.gathered: list[RouteName] = []

    async def gather_now(self, route: RouteName) -> None:
        if route not in self.gathered:
            self.gathered.append(route)


def document_tools(folder: Path) -> DocumentTools:
    """Those of an installation in that folder."""
    settings = an_installation(folder)
    disk = OnDisk.of(settings)
    return document_tools_of(settings, disk, intake_of(settings, disk, limit=lambda: None, observe=lambda _: None), str)
