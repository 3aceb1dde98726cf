"""Stories over real files: ledger, shelf, outbox and quarantine on disk, with the vendor and clock of `MemoryApp`."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.documents import Document, Profile
from jobs.model.history import History
from jobs.ports import Tools
from jobs.prepare import prepare
from jobs.repair import Repair, RepairTools, plan_repair, repair
from jobs.seal import seal
from tests.support.memory_app import MemoryApp
from tests.support.shelves import stand
from tests.support.vendor import MemoryVendor
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.outbox import DiskOutbox
from worker.storage.quarantine import DiskQuarantine
from worker.storage.remains import DiskRemains
from worker.storage.shelf import DiskShelf


class DownloadingVendor(MemoryVendor):
    """The vendor in memory, whose sealed files come to the shelf on disk."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self._layout = layout

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        await super().download(session, document, profile)
        self._layout.place(document.id).sealed.write_bytes(b"sealed " + document.id.encode())


@dataclass
class DiskApp:
    """One route's way from the waiting list to outbox or quarantine, below one folder."""

    base: Path
    memory: MemoryApp = field(init=False)

    def __post_init__(self) -> None:
        self.memory = MemoryApp(vendor=DownloadingVendor(self.layout), time=datetime.now(UTC))

    @property
    def layout(self) -> Layout:
        return Layout(self.base / "data")

    @property
    def tools(self) -> Tools:
        """As a process sees them that was just started."""
        shelf = DiskShelf(self.layout)
        return replace(
            self.memory.tools,
            ledger=DiskLedger(self.base / "data" / "ledger"),
            shelf=shelf,
            outbox=DiskOutbox(self.base / "outbox", self.layout),
            quarantine=DiskQuarantine(self.base / "quarantine", self.layout, now=lambda: self.memory.time),
            originals=shelf,
        )

    @property
    def repair_tools(self) -> RepairTools:
        tools, remains = self.tools, DiskRemains(self.base / "outbox", self.layout)
        return RepairTools(tools.ledger, tools.quarantine, tools.originals, remains, tools.now)

    async def delivered(self, *documents: Document) -> History:
        """A batch of these documents that went all its way."""
        stand(self.layout, *documents)
        tools = self.tools
        (batch,) = await gather(self.memory.route, tools, at_once=True)
        history = await prepare(batch, tools)
        await seal(self.memory.consent(history, f"code-{batch}"), tools)
        return await deliver(batch, tools)

    async def repaired(self, history: History) -> Repair | None:
        plan = await plan_repair(history.batch, self.repair_tools)
        if plan is not None:
            await repair(plan, self.repair_tools)
        return plan
