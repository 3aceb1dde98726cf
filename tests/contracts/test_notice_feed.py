"""The feed over a real ledger and quarantine: what happens is found once, whoever dies; nothing of what was before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.events import batch_event_id
from jobs.model.asking import Asking
from jobs.model.documents import Document
from jobs.model.events import Event, EventKind
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, RouteName, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.seals import Seal
from tests.support.builders import ANNA, INVOICES, JANIS, a_document, a_route, a_seal, documents
from tests.support.disk_app import DiskApp
from tests.support.lives import write_lives
from tests.support.shelves import stand
from worker.notices.asked import AskedPeople
from worker.notices.feed import Feed
from worker.notices.sources import EventSources
from worker.notices.target import Channel, Target
from worker.storage.feed_position import FeedBook, FeedPosition
from worker.storage.freezes import FreezeBook
from worker.storage.ledger import DiskLedger
from worker.storage.notice_box import FOLDER, NoticeBox
from worker.storage.quarantine import DiskQuarantine

EVERYTHING = Target(Channel.HOOK, "everything", frozenset(), frozenset(EventKind))
SEALED_ALONE = Target(Channel.HOOK, "sealed", frozenset(), frozenset({EventKind.DOCUMENT_SEALED}))


class CountingLedger(DiskLedger):
    """Counts how often a batch is read."""

    reads = 0

    async def read(self, batch: BatchId) -> History:
        self.reads += 1
        return await super().read(batch)


class Dying(FeedBook):
    """Dies before it writes down how far it came."""

    def write(self, position: FeedPosition) -> None:
        raise KeyboardInterrupt


@dataclass
class Office:
    """A data folder, and whoever looks at it: each look is that of a process that was just started."""

    folder: Path
    routes: Sequence[RouteName] = (INVOICES,)
    seals: tuple[Seal, ...] = ()
    asked: list[Event] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.app = DiskApp(self.folder)
        self.data = self.folder / "data"
        self.freezes = FreezeBook(self.data / "freezes")
        self.boxes = {target: NoticeBox(self.data / FOLDER / target.folder) for target in (EVERYTHING, SEALED_ALONE)}

    def feed(self, ledger: DiskLedger | None = None, book: FeedBook | None = None) -> Feed:
        async def seals() -> tuple[Seal, ...]:
            return self.seals

        async def find_asked() -> Sequence[Event]:
            return self.asked

        disk = ledger or DiskLedger(self.data / "ledger")
        quarantine = DiskQuarantine(self.folder / "quarantine", self.app.layout, now=lambda: self.now)
        sources = EventSources(
            disk, self.data / "ledger", quarantine, seals, lambda: self.now, find_asked, self.freezes
        )
        return Feed(sources, self.routes, book or FeedBook(self.data / FOLDER), self.boxes)

    async def look(self) -> list[str]:
        """Look, and take what is to be told away, as a target does that was told."""
        await self.feed().look()
        return self.take()

    def take(self, target: Target = EVERYTHING) -> list[str]:
        found = self.boxes[target].untold()
        for notice in found:
            self.boxes[target].remove(notice)
        return [notice.event.id for notice in found]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_nothing_of_what_was_before_is_told(office: Office) -> None:
    await write_lives(office.data / "ledger", 3)
    assert await office.look() == []
    assert await office.look() == []


async def test_a_whole_life_is_told_step_by_step_and_nothing_twice(office: Office) -> None:
    await office.look()
    (life,) = await write_lives(office.data / "ledger", 1)
    told = await office.look()
    assert sorted(told) == sorted(
        [batch_event_id(life, 2), batch_event_id(life, 7)] + [f"{one}.sealed" for one in life.documents]
    )
    assert len(office.take(SEALED_ALONE)) == 2
    assert await office.look() == []


async def test_what_happened_while_nobody_looked_is_told_afterwards(office: Office) -> None:
    await office.look()
    await write_lives(office.data / "ledger", 3)
    told = await office.look()
    assert len(told) == 3 * 2 + 2, "the lives have their two documents in common"


async def test_who_dies_before_noting_how_far_it_came_finds_the_same_events_again(office: Office) -> None:
    await office.look()
    await write_lives(office.data / "ledger", 1)
    with pytest.raises(KeyboardInterrupt):
        await office.feed(book=Dying(office.data / FOLDER)).look()
    first = [notice.event for notice in office.boxes[EVERYTHING].untold()]
    await office.feed().look()
    assert [notice.event for notice in office.boxes[EVERYTHING].untold()] == first
    assert len(office.take()) == 4
    assert await office.look() == []


async def test_a_batch_that_is_open_goes_on_from_where_it_was_told(office: Office) -> None:
    ledger = DiskLedger(office.data / "ledger")
    (life,) = await write_lives(office.folder / "elsewhere", 1)
    history = await ledger.open(life.batch, life.gathered)
    await office.look()
    for number, record in enumerate(life.records[1:], start=2):
        history = await ledger.append(history, record)
        told = await office.look()
        assert (batch_event_id(history, number) in told) is (record.kind in {State.PREPARED, State.DELIVERED})


async def test_batches_that_are_over_cost_nothing_and_those_that_stand_still_are_not_read(office: Office) -> None:
    await office.look()
    await write_lives(office.data / "ledger", 4)
    (life,) = await write_lives(office.folder / "elsewhere", 1)
    await DiskLedger(office.data / "ledger").open(batch_id(INVOICES, 5), life.gathered)
    ledger = CountingLedger(office.data / "ledger")
    feed = office.feed(ledger)
    await feed.look()
    read = ledger.reads
    assert read == 5
    for _ in range(3):
        await feed.look()
    assert ledger.reads == read
    position = FeedBook(office.data / FOLDER).read()
    assert position is not None
    assert position.followed == {batch_id(INVOICES, 5): 1}


async def test_the_first_batch_of_a_new_route_is_told(office: Office) -> None:
    await write_lives(office.data / "ledger", 2)
    office.routes = ()
    await office.look()
    office.routes = (INVOICES,)
    assert await office.look() == [], "the route is new in the settings, its batches are old"
    await write_lives(office.data / "ledger", 1, begin=3)
    assert len(await office.look()) == 4


async def test_a_batch_whose_records_are_damaged_is_told_once_it_is_repaired_and_no_other_waits(
    office: Office,
) -> None:
    await office.look()
    lives = await write_lives(office.data / "ledger", 2)
    broken = office.data / "ledger" / lives[0].batch / "0007.json"
    whole = broken.read_bytes()
    broken.write_bytes(b"{}")
    assert len(await office.look()) == 4
    broken.write_bytes(whole)
    assert len(await office.look()) == 4


async def test_a_batch_that_was_set_aside_is_forgotten(office: Office) -> None:
    await office.look()
    await write_lives(office.data / "ledger", 1)
    await DiskLedger(office.data / "ledger").set_aside(batch_id(INVOICES, 1), 0)
    assert await office.look() == []
    position = FeedBook(office.data / FOLDER).read()
    assert position is not None
    assert position.followed == {}


async def test_what_was_refused_before_it_came_into_a_batch_is_told(office: Office) -> None:
    document = a_document(1, name="Rēķins Nr. 7.pdf")
    await refuse(office, a_document(2))
    assert await office.look() == []
    await refuse(office, document)
    await office.feed().look()
    (notice,) = office.boxes[EVERYTHING].untold()
    about = notice.event.document
    assert notice.event.id == f"{document.id}.quarantined"
    assert about is not None
    assert (about.name, about.reason) == ("Rēķins Nr. 7.pdf", Reason.ENCRYPTED)
    office.take()
    assert await office.look() == []


async def refuse(office: Office, document: Document, batch: BatchId | None = None) -> None:
    stand(office.app.layout, document)
    refusal = Refusal(document=document.id, reason=Reason.ENCRYPTED, detail="a password")
    await office.app.tools.quarantine.put(document, refusal, batch)


async def test_what_a_batch_refused_is_told_by_the_batch_alone(office: Office) -> None:
    await office.look()
    await refuse(office, a_document(1), batch_id(INVOICES, 1))
    assert await office.look() == []


def a_reminder(batch: BatchId, at: datetime) -> Event:
    id_ = f"{batch}.approve-reminder.{at:%Y%m%dT%H%M%SZ}"
    return Event(id=id_, kind=EventKind.BATCH_REMINDER, at=at, batch=batch, people=(ANNA,))


async def test_a_freeze_is_told_and_its_end_although_nobody_looked_in_between(office: Office) -> None:
    freeze = Freeze(route=INVOICES, at=office.now, by="Jānis", reason="rēķini jāpārbauda")
    await office.freezes.begin(freeze)
    assert await office.look() == []
    await office.freezes.lift(INVOICES, at=office.now + timedelta(hours=1), by="Jānis")
    await office.freezes.begin(freeze.model_copy(update={"route": None}))
    await office.freezes.lift(None, at=office.now + timedelta(hours=2), by="Jānis")
    assert len(await office.look()) == 3
    assert await office.look() == []


async def test_people_are_asked_and_reminded_when_the_times_of_their_route_say_so(office: Office) -> None:
    asking = Asking(remind_after=timedelta(hours=1), escalate_after=timedelta(hours=3))
    route = a_route().model_copy(update={"deputies": frozenset({JANIS}), "asking": asking})
    (life,) = await write_lives(office.folder / "elsewhere", 1)
    ledger = DiskLedger(office.data / "ledger")
    history = await ledger.open(life.batch, life.gathered)
    prepared = await ledger.append(history, life.records[1])
    time = [prepared.since]
    asked = AskedPeople(ledger, {INVOICES: route}, office.freezes, lambda: time[0])
    assert [event.kind for event in await asked.find()] == [EventKind.BATCH_REQUEST]
    time[0] += timedelta(seconds=29)
    await office.freezes.begin(Freeze(at=time[0], by="Jānis", reason="x"))
    assert [event.people for event in await asked.find()] == [(ANNA,)], "looked at a moment ago"
    time[0] += timedelta(seconds=1)
    assert list(await asked.find()) == []
    await office.freezes.lift(None, at=time[0], by="Jānis")
    time[0] += timedelta(hours=4)
    kinds = {event.kind: event.people for event in await asked.find()}
    assert kinds[EventKind.BATCH_ESCALATION] == (JANIS,)
    assert kinds.keys() == {EventKind.BATCH_REQUEST, EventKind.BATCH_REMINDER, EventKind.BATCH_ESCALATION}


async def test_a_seal_and_what_rules_want_are_told_once_for_each_time(office: Office) -> None:
    await office.look()
    (life,) = await write_lives(office.data / "ledger", 1)
    await office.look()
    office.seals = (a_seal().model_copy(update={"expires_at": office.now + timedelta(days=6)}),)
    reminder = a_reminder(life.batch, office.now)
    office.asked = [reminder]
    first = await office.look()
    assert [one.partition(".")[0] for one in first] == ["seal", life.batch]
    assert await office.look() == []
    office.asked.append(a_reminder(life.batch, office.now + timedelta(days=1)))
    office.now += timedelta(days=5.5)
    assert len(await office.look()) == 2


async def test_what_rules_want_is_told_once_although_they_do_not_want_it_for_a_while(office: Office) -> None:
    await office.look()
    (life,) = await write_lives(office.folder / "elsewhere", 1)
    await DiskLedger(office.data / "ledger").open(life.batch, life.gathered)
    office.asked = [a_reminder(life.batch, office.now)]
    assert len(await office.look()) == 1
    wanted, office.asked = office.asked, []
    assert await office.look() == []
    office.asked = wanted
    assert await office.look() == []


async def test_whoever_is_named_after_months_without_anybody_hears_of_nothing_in_between(office: Office) -> None:
    await office.look()
    await write_lives(office.data / "ledger", 2)
    stand(office.app.layout, *documents(9)[-1:])
    await refuse(office, documents(9)[-1])
    office.now += timedelta(days=31)
    with pytest.raises(KeyboardInterrupt):
        await office.feed(book=Dying(office.data / FOLDER)).look()
    assert await office.look() == []
    await write_lives(office.data / "ledger", 1, begin=3, of=documents(6)[-2:])
    assert len(await office.look()) == 4


async def test_a_month_in_which_nobody_tells_is_told_afterwards_though_nothing_had_happened_long_before(
    office: Office,
) -> None:
    for _ in range(2):
        assert await office.look() == []
        office.now += timedelta(days=29)
    await write_lives(office.data / "ledger", 1)
    assert len(await office.look()) == 4


async def test_a_position_of_an_older_version_is_gone_on_from(office: Office) -> None:
    FeedBook(office.data / FOLDER).write(FeedPosition())
    await write_lives(office.data / "ledger", 1)
    assert len(await office.look()) == 4


async def test_two_events_of_one_moment_are_two_notices(office: Office) -> None:
    at = datetime.now(UTC)
    events = [Event(id=f"{one.id}.sealed", kind=EventKind.DOCUMENT_SEALED, at=at) for one in documents(100)]
    box = office.boxes[EVERYTHING]
    box.add(events)
    box.add(events)
    standing = box.backlog()
    assert (standing.untold, standing.oldest) == (100, at)
    assert [notice.event for notice in NoticeBox(office.data / FOLDER / EVERYTHING.folder).untold()] == events


async def test_a_file_that_is_no_notice_is_left_alone(office: Office) -> None:
    box = office.boxes[EVERYTHING]
    box.add([Event(id="x.done.1", kind=EventKind.BATCH_DONE, at=datetime.now(UTC))])
    folder = office.data / FOLDER / EVERYTHING.folder / "untold"
    (folder / "20261123T120000.000000Z~other.json").write_bytes(b"{}")
    (folder / "notes.txt").write_text("mine")
    assert [notice.event.id for notice in box.untold()] == ["x.done.1"]
