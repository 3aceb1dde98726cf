"""A desk with something to be seen on every page: batches, documents and seals as a year of work leaves them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from jobs.abandon import abandon
from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Lapsed, Signing
from jobs.model.remarks import Remark
from jobs.model.standstill import Cause, Standstill
from jobs.prepare import prepare
from jobs.seal import seal
from tests.sandbox.practice import an_invoice
from tests.support.builders import ANNA, INVOICES, JANIS, a_document
from tests.support.counter import NAMES, SALARIES, Counter, a_counter
from tests.support.dialogs import MemoryDialogs
from tests.support.shelves import stand
from tests.support.sittings import MemorySittings
from tests.support.small import MemoryStandstills
from worker.desk.sitting import BatchStep, Plan, Planned, Sitting, Skip, Step
from worker.storage.explanation import Dismissal
from worker.storage.untaken import Obstacle, Untaken

LONG = "2026/a-very-long-file-name-without-any-place-to-break-it-" + "of-a-program-that-knows-no-spaces-" * 2 + ".pdf"
WHY = "Klients atsūtīja citu."
CUSTOMERS = ("SIA Bērziņš un partneri", "AS Ķekavas dārzs", "IK Žagars")


class SharedSittings(MemorySittings):
    """One sitting for whoever asks: a test does not know the sessions of its browsers."""

    shared: Sitting | None = None

    async def find(self, session: str) -> Sitting | None:
        return self.shared


@dataclass
class Gallery:
    """The counter's desk, with the places of what is shown by what it shows."""

    counter: Counter
    sittings: SharedSittings
    standstills: MemoryStandstills
    batches: dict[str, BatchId] = field(default_factory=dict)
    documents: dict[str, DocumentId] = field(default_factory=dict)
    told: tuple[str, ...] = ("what support wants to know", "the vendor answered 503", "over the limit")
    """Words of machines, which nobody translates."""
    _count: int = 0

    @property
    def url(self) -> str:
        return self.counter.url

    def addresses(self) -> dict[str, str]:
        """Every page, by its name."""
        return {
            "desk": "/",
            "approve-all": "/approve-all",
            "batches": "/batches",
            "search": "/search?q=rekins",
            "search-nothing": "/search?q=nowhere",
            "search-hints": "/search?q=a",
            "quarantine": "/quarantine",
            "quarantine-aside": "/quarantine?show=dismissed",
            "seals": "/seals",
            "not-found": "/no/such",
            **{f"batch-{name}": f"/batches/{batch}" for name, batch in self.batches.items()},
            "batch-second-page": f"/batches/{self.batches['waiting']}?page=2",
            "batch-cancelling": f"/batches/{self.batches['marked']}?cancel#cancel",
            **{f"document-{name}": f"/documents/{document}" for name, document in self.documents.items()},
        }

    def hand_in(self, *names: str, **fields: object) -> list[Document]:
        """Have documents wait, with real files and what an accountant's program says of them."""
        return [self._hand_in(name, **fields) for name in names]

    def _hand_in(self, name: str, **fields: object) -> Document:
        self._count += 1
        content, now = an_invoice(self._count), self.counter.way.memory.time
        known = Metadata(
            number=f"RK26-{self._count:05}",
            issued_on=date(2026, 11, 1 + self._count % 28),
            total=Decimal(self._count * 1234567) / 100,
            currency="EUR",
            customer=CUSTOMERS[self._count % len(CUSTOMERS)],
        )
        told = {"metadata": known, "received_at": now - timedelta(minutes=3), "name": name}
        hashed = {"size": len(content), "sha256": Digest.sha256(content)}
        document = a_document(1000 + self._count).model_copy(update={**told, **hashed, **fields})
        layout = self.counter.way.layout
        stand(layout, document)
        layout.place(document.id).original.write_bytes(content)
        return document

    async def gathered(self, title: str, *names: str, age: timedelta, **fields: object) -> History:
        """A batch that was frozen so long ago."""
        way = self.counter.way
        way.memory.time = datetime.now(UTC) - age
        self.hand_in(*names, **fields)
        (batch,) = await gather(way.memory.route, way.tools, at_once=True)
        self.batches[title] = batch
        return await way.tools.ledger.read(batch)

    async def prepared(
        self, title: str, *names: str, age: timedelta, refused: Sequence[int] = (), **fields: object
    ) -> History:
        """A batch that waits; the documents at these places were put aside."""
        history = await self.gathered(title, *names, age=age, **fields)
        ids = list(history.documents)
        self.counter.way.memory.vendor.refused_at_upload.update(ids[place] for place in refused)
        return await prepare(history.batch, self.counter.way.tools)

    async def delivered(self, title: str, *names: str, age: timedelta, refused: Sequence[int] = ()) -> History:
        """A batch that went all its way."""
        history = await self.prepared(title, *names, age=age, refused=refused)
        await seal(self.counter.way.memory.consent(history, f"code-{title}"), self.counter.way.tools)
        return await deliver(history.batch, self.counter.way.tools)

    async def begin_sitting(self, *, is_over: bool) -> None:
        """Have everybody in the middle of one sitting, or at its end."""
        now = datetime.now(UTC)
        steps = {
            self.batches["moving"]: BatchStep(step=Step.APPROVED, at=now),
            self.batches["marked"]: BatchStep(step=Step.SKIPPED, at=now, why=Skip.CHANGED),
            self.batches["waiting"]: BatchStep(step=Step.SKIPPED, at=now, why=Skip.LEFT_OUT)
            if is_over
            else BatchStep(step=Step.DECLINED, at=now),
        }
        planned = tuple(Planned(batch=batch, appearance="as it was") for batch in steps)
        self.sittings.shared = Sitting(plan=Plan(person=JANIS, began_at=now, batches=planned), progress=steps)

    def end_sitting(self) -> None:
        """Have nobody in a sitting."""
        self.sittings.shared = None


@asynccontextmanager
async def a_gallery(folder: Path) -> AsyncIterator[Gallery]:
    """Open and fill it for the time of the block."""
    sittings, standstills = SharedSittings(), MemoryStandstills()
    left = [
        Untaken(path="invoices/draft.part", route=INVOICES, obstacle=Obstacle.UNFINISHED, since=datetime.now(UTC)),
        Untaken(path="reckinings/June 1.pdf", route=None, obstacle=Obstacle.UNREADABLE, since=datetime.now(UTC)),
    ]
    async with a_counter(
        folder,
        sittings=sittings,
        dialogs=MemoryDialogs(lambda: datetime.now(UTC)),
        standstills=standstills.all,
        untaken=lambda: left,
    ) as counter:
        gallery = Gallery(counter, sittings, standstills)
        await _fill(gallery)
        yield gallery


async def _fill(gallery: Gallery) -> None:
    counter, way = gallery.counter, gallery.counter.way
    way.memory.route = way.memory.route.model_copy(update={"approvers": frozenset({ANNA, JANIS})})
    for code, name in NAMES.items():
        await counter.app.desk.people.remember(code, name)
    await counter.app.seals.save(await way.memory.seals.find(way.memory.route.seal))
    hour = timedelta(hours=1)
    done = await gallery.delivered(
        "sealed", "rēķini/2026/rēķins 0801.pdf", "rēķini/2026/rēķins 0802.pdf", age=26 * hour
    )
    partly = await gallery.delivered("partly", *(f"rēķins 071{n}.pdf" for n in range(4)), age=25 * hour, refused=[1])
    given_up = await gallery.prepared("cancelled", "avansa rēķins 11.pdf", "avansa rēķins 12.pdf", age=24 * hour)
    await abandon(given_up.batch, ANNA, way.tools)
    stopped = await gallery.prepared("stopped", "rēķins 0699.pdf", age=20 * hour)
    ledger = way.tools.ledger
    await ledger.append(
        await _sign(gallery, stopped), Lapsed(at=way.memory.time, why="eParaksts refused the seal", is_stopped=True)
    )
    await _sign(gallery, await gallery.prepared("moving", "rēķins 0815.pdf", LONG, age=timedelta(minutes=4)))
    held = await gallery.gathered("held", "rēķins 0816.pdf", age=timedelta(minutes=9))
    damaged = await gallery.prepared("damaged", "rēķins 0700.pdf", age=40 * hour)
    (way.base / "data" / "ledger" / damaged.batch / "0002.json").write_bytes(b"{}")
    await gallery.prepared(
        "marked",
        "līgums.pdf",
        "pielikums.pdf",
        LONG,
        age=3 * hour,
        refused=[1],
        remarks=(Remark.FORM, Remark.ATTACHMENTS),
    )
    await gallery.prepared("waiting", *(f"2026/11/rēķins {n:04}.pdf" for n in range(1, 57)), age=2 * hour)
    way.memory.time = datetime.now(UTC)
    gallery.hand_in("rēķins 0817.pdf", "rēķins 0818.pdf")
    gallery.hand_in("algas 2026-11.pdf", route=SALARIES)
    now = datetime.now(UTC)
    away = Standstill(
        subject=held.batch,
        cause=Cause.VENDOR_AWAY,
        detail="the vendor answered 503",
        since=now - timedelta(minutes=8),
        attempts=4,
        next_try=now + timedelta(seconds=50),
    )
    await gallery.standstills.record(away)
    await counter.app.tools.freezes.begin(Freeze(route=SALARIES, at=now, by=NAMES[JANIS], person=JANIS, reason=WHY))
    locked = await counter.refused(501, Reason.LOCKED, an_invoice(1), name=LONG)
    await counter.refused(502, Reason.DAMAGED, b"%PDF-1.7 and no more", name="rēķins 0590.pdf")
    await counter.refused(503, Reason.DAMAGED, b"%PDF-1.7 or less", name="rēķins 0591.pdf")
    aside = await counter.refused(504, Reason.EMPTY, b"x", name="tukšs.pdf")
    dismissal = Dismissal(by=JANIS, name=NAMES[JANIS], at=now, why=WHY)
    await counter.app.desk.documents.quarantine.dismiss(aside.id, dismissal)
    gallery.documents |= {
        "sealed": next(iter(done.documents)),
        "refused": list(partly.documents)[1],
        "locked": locked.id,
        "aside": aside.id,
    }
    await counter.app.index_keeper.update()


async def _sign(gallery: Gallery, history: History) -> History:
    ledger, now = gallery.counter.way.tools.ledger, gallery.counter.way.memory.time
    return await ledger.append(history, Signing(at=now, approver=ANNA, attempt=1))
