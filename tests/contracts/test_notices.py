"""One suite for all that remembers what others were told: the position, the boxes, and who it is that tells."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from jobs.model.events import Event, EventKind
from jobs.model.names import DocumentId
from tests.support.builders import INVOICES, NOON
from worker.objects.bucket import Bucket
from worker.objects.failures import Replaced
from worker.objects.notices import ObjectNotices
from worker.storage.feed_position import FeedPosition
from worker.storage.notice_box import Notice, TargetState
from worker.storage.notice_ports import Notices
from worker.storage.notices import NoticeFolder, find_backlogs

TARGET = "webhook-ledger"
DOCUMENT = DocumentId("20261128T120000-000000000001")


def an_event(minute: int) -> Event:
    at = NOON + timedelta(minutes=minute)
    return Event(id=f"event-{minute}", kind=EventKind.BATCH_DONE, at=at, route=INVOICES)


@pytest.fixture(params=["disk", "bucket"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Notices]:
    """The same as one more process has it, on disk or on another machine."""
    if request.param == "bucket":
        bucket: Bucket = request.getfixturevalue("bucket")
        return lambda: ObjectNotices(bucket)
    return lambda: NoticeFolder(tmp_path)


@pytest.fixture
def notices(process: Callable[[], Notices]) -> Notices:
    return process()


def test_events_are_told_by_age_and_one_that_is_found_again_stands_there_once(
    notices: Notices, process: Callable[[], Notices]
) -> None:
    box = notices.box(TARGET)
    box.add([an_event(2), an_event(1)])
    tried = box.untold()[0].model_copy(update={"attempts": 1, "failure": "away"})
    box.keep(tried)
    process().box(TARGET).add([an_event(1), an_event(2), an_event(3)])
    assert [each.event.id for each in box.untold()] == ["event-1", "event-2", "event-3"]
    assert process().box(TARGET).untold()[0] == box.untold()[0] == tried
    box.remove(tried)
    assert [each.event for each in process().box(TARGET).untold()] == [an_event(2), an_event(3)]
    assert notices.box("hook-other").untold() == ()


async def test_what_was_given_up_is_counted_told_anew_when_somebody_asks_and_forgotten_in_time(
    notices: Notices, process: Callable[[], Notices]
) -> None:
    box = notices.box(TARGET)
    box.add([an_event(1), an_event(2)])
    state = TargetState(attempts=3, failure="410 Gone", refuses="mark")
    box.note(state)
    box.bury(Notice(event=an_event(1), attempts=9, failure="410 Gone"))
    assert process().box(TARGET).state == state
    (backlog,) = await find_backlogs(process(), [TARGET])
    assert (backlog.target, backlog.untold, backlog.dead, backlog.state) == (TARGET, 1, 1, state)
    assert backlog.oldest == an_event(2).at.astimezone(UTC)
    assert [each.event.id for each in box.dead()] == ["event-1"]
    box.forget_dead(NOON)
    assert process().box(TARGET).revive() == 1
    assert list(box.dead()) == []
    assert box.state == TargetState()
    assert [each.attempts for each in box.untold()] == [0, 0]
    box.bury(box.untold()[0])
    box.forget_dead(NOON + timedelta(hours=1))
    assert list(box.dead()) == []


def test_the_position_is_that_of_all_processes(notices: Notices, process: Callable[[], Notices]) -> None:
    assert (notices.position.read(), notices.position.read_quarantined()) == (None, None)
    for number in (1, 2):
        reached = FeedPosition(latest={INVOICES: number}, told=frozenset({f"event-{number}"}), looked_on=NOON.date())
        notices.position.write(reached)
        notices.position.write_quarantined({DOCUMENT})
        other = process().position
        assert (other.read(), other.read_quarantined()) == (reached, frozenset({DOCUMENT}))


async def test_one_process_tells_and_the_next_one_once_it_is_gone(
    notices: Notices, process: Callable[[], Notices]
) -> None:
    other = process()
    async with notices.telling() as ours:
        assert ours is not None
        assert not ours.is_set()
        async with other.telling() as theirs:
            assert theirs is None
    async with other.telling() as theirs:
        assert theirs is not None


async def test_who_is_held_up_hears_that_another_machine_tells_and_moves_no_position(bucket: Bucket) -> None:
    here, there = (ObjectNotices(bucket, life=timedelta(seconds=0.1)) for _ in range(2))
    here.position.write(FeedPosition())
    async with here.telling() as lost:
        assert lost is not None
        # As if the other had waited out the life of a lease that nobody renewed.
        bucket.write("notices/lease", b"held another")
        assert there.position.read() == FeedPosition()
        there.position.write(FeedPosition(latest={INVOICES: 1}))
        await asyncio.wait_for(lost.wait(), 60)
        with pytest.raises(Replaced):
            here.position.write(FeedPosition(latest={INVOICES: 2}))
    assert bucket.read("notices/lease") == b"held another"


def test_an_object_that_is_broken_or_not_ours_keeps_no_other_from_being_told(bucket: Bucket) -> None:
    box = ObjectNotices(bucket).box(TARGET)
    box.add([an_event(1)])
    (key,) = [each.key for each in bucket.list(f"notices/{TARGET}/untold")]
    bucket.write(key.replace("event-1", "event-9"), bucket.read(key))
    bucket.write(key.replace("event-1", "event-8"), b"{")
    bucket.write(f"notices/{TARGET}/untold/README", b"")
    assert [each.event.id for each in box.untold()] == ["event-1"]
    assert box.backlog().untold == 3
