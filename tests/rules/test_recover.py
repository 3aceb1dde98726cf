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
from tests.support.memory_app import MemoryApp


async def test_a_gathered_batch_is_prepared() -> None:
    app = MemoryApp()
    assert (await recover(await app.gathered(*documents(2)), app.tools)).state is State.PREPARED


async def test_a_prepared_batch_waits_for_its_person() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    assert next_story(history.glance, app.age) is None
    assert await recover(history.batch, app.tools) == history


async def test_digests_nobody_approved_in_time_are_prepared_anew() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    app.later(25 * 3600)
    assert next_story(history.glance, app.age) is Story.RECOVER
    again = await recover(history.batch, app.tools)
    assert again.state is State.PREPARED
    assert again.last(Lapsed).why == "nobody approved in time"


async def test_a_worker_that_died_while_signing_costs_one_more_approval_and_nothing_else() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    await app.ledger.append(history, Signing(at=app.time, approver=ANNA, attempt=1))
    again = await recover(history.batch, app.tools)
    assert again.state is State.PREPARED
    assert "stopped while signing" in again.last(Lapsed).why


async def test_a_signed_batch_is_delivered() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(2))
    assert (await recover(history.batch, app.tools)).state is State.DELIVERED


async def test_a_delivered_batch_that_was_not_settled_is_settled() -> None:
    app = MemoryApp()
    history = await deliver((await app.signed(*documents(2))).batch, app.tools)
    app.ledger.closed.clear()
    assert next_story(history.glance, app.age) is Story.DELIVER
    await deliver(history.batch, app.tools)
    assert await app.ledger.open_batches() == ()
    assert sum(isinstance(record, Delivered) for record in history.records) == 1


async def test_an_abandoned_batch_puts_every_original_into_quarantine() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(3))
    await abandon(history.batch, ANNA, app.tools)
    assert app.doorbell.rings == [(Story.DELIVER, history.batch)]
    await deliver(history.batch, app.tools)
    assert set((await app.quarantine.reasons()).values()) == {Reason.ABANDONED}
    assert len(app.quarantine.refusals) == 3


async def test_nobody_can_abandon_what_was_consented_to() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(1))
    with pytest.raises(IllegalTransition):
        await abandon(history.batch, ANNA, app.tools)
