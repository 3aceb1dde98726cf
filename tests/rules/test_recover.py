import pytest

from jobs.abandon import abandon
from jobs.deliver import deliver
from jobs.model.errors import IllegalTransition
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Delivered, Lapsed, Signing
from jobs.ports import Story
from jobs.recover import next_story, recover
from tests.support.builders import ANNA, documents
from tests.support.house import House


async def test_a_gathered_batch_is_prepared() -> None:
    house = House()
    assert (await recover(await house.gathered(*documents(2)), house.tools)).state is State.PREPARED


async def test_a_prepared_batch_waits_for_its_person() -> None:
    house = House()
    history = await house.prepared(*documents(2))
    assert next_story(history, house.time) is None
    assert await recover(history.batch, house.tools) == history


async def test_digests_nobody_approved_in_time_are_prepared_anew() -> None:
    house = House()
    history = await house.prepared(*documents(2))
    house.later(25 * 3600)
    assert next_story(history, house.time) is Story.RECOVER
    again = await recover(history.batch, house.tools)
    assert again.state is State.PREPARED
    assert again.last(Lapsed).why == "nobody approved in time"


async def test_a_worker_that_died_while_signing_costs_one_more_approval_and_nothing_else() -> None:
    house = House()
    history = await house.prepared(*documents(2))
    await house.ledger.append(history, Signing(at=house.time, approver=ANNA, attempt=1))
    again = await recover(history.batch, house.tools)
    assert again.state is State.PREPARED
    assert "stopped while signing" in again.last(Lapsed).why


async def test_a_signed_batch_is_delivered() -> None:
    house = House()
    history = await house.signed(*documents(2))
    assert (await recover(history.batch, house.tools)).state is State.DELIVERED


async def test_a_delivered_batch_that_was_not_settled_is_settled() -> None:
    house = House()
    history = await deliver((await house.signed(*documents(2))).batch, house.tools)
    house.ledger.closed.clear()
    assert next_story(history, house.time) is Story.DELIVER
    await deliver(history.batch, house.tools)
    assert await house.ledger.unclosed() == ()
    assert sum(isinstance(record, Delivered) for record in history.records) == 1


async def test_an_abandoned_batch_puts_every_original_into_quarantine() -> None:
    house = House()
    history = await house.prepared(*documents(3))
    await abandon(history.batch, ANNA, house.tools)
    assert set((await house.quarantine.reasons()).values()) == {Reason.ABANDONED}
    assert len(house.quarantine.refusals) == 3


async def test_nobody_can_abandon_what_was_consented_to() -> None:
    house = House()
    history = await house.signed(*documents(1))
    with pytest.raises(IllegalTransition):
        await abandon(history.batch, ANNA, house.tools)
