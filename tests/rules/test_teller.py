"""What happens when the doorbell rings, on the whole house in memory."""

from datetime import timedelta

import pytest

from jobs.model.errors import Permanent, Retryable
from jobs.model.lifecycle import State
from jobs.ports import Story
from tests.support.builders import INVOICES, a_document, documents
from tests.support.house import House
from tests.support.small import MemoryLeases, MemorySeals
from worker.queue.rests import Rests
from worker.queue.sweep import sweep
from worker.queue.teller import Teller, Told


class Telling:
    """A teller in a memory house, and what it was seen to tell."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.leases = MemoryLeases()
        self.seen: list[tuple[Story, Told]] = []
        self.teller = Teller(house.tools, self.leases, lambda story, told: self.seen.append((story, told)))


@pytest.fixture
def telling() -> Telling:
    return Telling(House())


async def test_a_story_is_told_and_counted(telling: Telling) -> None:
    batch = await telling.house.gathered(*documents(2))
    assert await telling.teller.tell(Story.PREPARE, batch) is Told.DONE
    assert telling.seen == [(Story.PREPARE, Told.DONE)]
    assert (await telling.house.ledger.read(batch)).state is State.PREPARED


async def test_a_batch_that_another_worker_holds_is_left_alone(telling: Telling) -> None:
    batch = await telling.house.gathered(*documents(2))
    async with telling.leases.hold(batch):
        assert await telling.teller.tell(Story.PREPARE, batch) is Told.BUSY
    assert telling.house.vendor.calls == []


async def test_a_failed_batch_rests_and_the_next_success_wakes_it(telling: Telling) -> None:
    batch = await telling.house.gathered(*documents(2))
    telling.house.vendor.faults = {"open_sessions": Retryable("503")}
    assert await telling.teller.tell(Story.PREPARE, batch) is Told.FAILED
    assert telling.teller.rests.is_resting(batch, telling.house.time)
    telling.house.vendor.faults = {}
    await telling.teller.tell(Story.PREPARE, batch)
    assert not telling.teller.rests.is_resting(batch, telling.house.time)


async def test_a_seal_that_is_not_enrolled_is_a_wait_and_not_a_failure() -> None:
    telling = Telling(House(seals=MemorySeals()))
    batch = await telling.house.gathered(*documents(1))
    assert await telling.teller.tell(Story.PREPARE, batch) is Told.WAITING


async def test_a_bug_in_one_batch_does_not_end_the_worker(telling: Telling) -> None:
    batch = await telling.house.gathered(*documents(1))
    telling.house.vendor.faults = {"open_sessions": ZeroDivisionError()}
    assert await telling.teller.tell(Story.PREPARE, batch) is Told.FAILED


async def test_an_authorization_for_a_held_batch_is_asked_for_again(telling: Telling) -> None:
    consent = telling.house.consent(await telling.house.prepared(*documents(1)))
    async with telling.leases.hold(consent.batch):
        assert await telling.teller.seal(consent) is Told.BUSY
    assert await telling.teller.seal(consent) is Told.DONE


async def test_a_ring_for_a_route_that_is_gone_does_nothing(telling: Telling) -> None:
    assert await telling.teller.tell(Story.GATHER, "forgotten") is Told.DONE


def test_each_failure_in_a_row_rests_twice_as_long_up_to_a_minute() -> None:
    rests, now = Rests(), House().time
    pauses = [rests.failed("batch", now).total_seconds() for _ in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_pause_that_the_vendor_asked_for_is_kept() -> None:
    rests, now = Rests(), House().time
    rests.failed("batch", now, timedelta(seconds=90))
    assert rests.is_resting("batch", now + timedelta(seconds=89))
    assert not rests.is_resting("batch", now + timedelta(seconds=90))


async def test_the_sweep_rings_for_what_should_be_moving_and_is_not() -> None:
    house = House()
    signed = await house.signed(*documents(2))
    house.doorbell.rings.clear()
    await sweep(house.tools, Rests())
    assert house.doorbell.rings == [(Story.DELIVER, signed.batch)]


async def test_the_sweep_leaves_a_batch_to_its_person() -> None:
    house = House()
    await house.prepared(*documents(2))
    house.doorbell.rings.clear()
    await sweep(house.tools, Rests())
    assert house.doorbell.rings == []


async def test_the_sweep_rings_for_documents_that_waited_long_enough() -> None:
    house = House()
    house.shelf.admit(*documents(2))
    await sweep(house.tools, Rests())
    assert house.doorbell.rings == []
    house.later(30)
    await sweep(house.tools, Rests())
    assert house.doorbell.rings == [(Story.GATHER, INVOICES)]


async def test_the_sweep_lets_a_resting_batch_rest() -> None:
    house, rests = House(), Rests()
    batch = await house.gathered(*documents(1))
    house.doorbell.rings.clear()
    rests.failed(batch, house.time)
    await sweep(house.tools, rests)
    assert house.doorbell.rings == []


async def test_one_broken_batch_does_not_stop_the_sweep() -> None:
    house = House()
    broken = await house.gathered(*documents(1))
    whole = await house.gathered(a_document(7))
    house.ledger.entries[broken] = [b"{"]
    house.doorbell.rings.clear()
    await sweep(house.tools, Rests())
    assert house.doorbell.rings == [(Story.PREPARE, whole)]


async def test_what_cannot_succeed_as_it_is_is_tried_again_after_five_minutes(telling: Telling) -> None:
    batch = await telling.house.gathered(*documents(2))
    telling.house.vendor.faults = {"open_sessions": Permanent("invalid_client")}
    await telling.teller.tell(Story.PREPARE, batch)
    telling.house.doorbell.rings.clear()
    telling.house.later(299)
    await sweep(telling.house.tools, telling.teller.rests)
    assert telling.house.doorbell.rings == []
    telling.house.later(1)
    await sweep(telling.house.tools, telling.teller.rests)
    assert telling.house.doorbell.rings == [(Story.PREPARE, batch)]
