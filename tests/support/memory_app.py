"""A whole app in memory, for the tests of the stories."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.gather import gather
from jobs.model.documents import Document, Route
from jobs.model.history import History
from jobs.model.names import BatchId
from jobs.model.patience import Patience
from jobs.model.seals import Authorization
from jobs.ports import Story, Tools
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import ANNA, NOON, a_route, a_seal
from tests.support.ledger import MemoryLedger
from tests.support.originals import MemoryOriginals
from tests.support.outbox import MemoryOutbox
from tests.support.quarantine import MemoryQuarantine
from tests.support.shelf import MemoryShelf
from tests.support.small import MemoryDoorbell, MemoryFreezes, MemoryLimits, MemorySeals, MemoryVerifier
from tests.support.vendor import MemoryVendor


@dataclass
class MemoryApp:
    """Every port in memory, and a clock that goes on only when it is told to."""

    route: Route = field(default_factory=a_route)
    time: datetime = NOON
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    vendor: MemoryVendor = field(default_factory=MemoryVendor)
    verifier: MemoryVerifier = field(init=False)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    quarantine: MemoryQuarantine = field(default_factory=MemoryQuarantine)
    originals: MemoryOriginals = field(default_factory=MemoryOriginals)
    seals: MemorySeals = field(default_factory=lambda: MemorySeals(a_seal()))
    doorbell: MemoryDoorbell = field(default_factory=MemoryDoorbell)
    freezes: MemoryFreezes = field(default_factory=MemoryFreezes)
    limits: MemoryLimits = field(default_factory=MemoryLimits)

    def __post_init__(self) -> None:
        self.verifier = MemoryVerifier(self.vendor.downloaded)

    @property
    def tools(self) -> Tools:
        return Tools(
            ledger=self.ledger,
            shelf=self.shelf,
            service=self.vendor,
            verifier=self.verifier,
            outbox=self.outbox,
            quarantine=self.quarantine,
            originals=self.originals,
            seals=self.seals,
            doorbell=self.doorbell,
            freezes=self.freezes,
            limits=self.limits,
            routes={self.route.name: self.route},
            now=lambda: self.time,
            age=self.age,
            patience=Patience(),
        )

    def age(self, at: datetime) -> timedelta:
        return max(timedelta(0), self.time - at)

    def later(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    async def gathered(self, *documents: Document) -> BatchId:
        """A batch of these documents."""
        self.shelf.admit(*documents)
        (batch,) = await gather(self.route, self.tools, at_once=True)
        return batch

    async def prepared(self, *documents: Document) -> History:
        batch = await self.gathered(*documents)
        self.doorbell.rings.remove((Story.PREPARE, batch))
        return await prepare(batch, self.tools)

    async def signed(self, *documents: Document) -> History:
        return await seal(self.consent(await self.prepared(*documents)), self.tools)

    def consent(self, history: History, code: str = "code-1") -> Authorization:
        """Anna's consent to the batch as it is prepared now."""
        return Authorization.model_validate(
            {
                "batch": history.batch,
                "approver": ANNA,
                "summary": history.prepared.summary,
                "code": code,
                "granted_at": self.time,
            }
        )
