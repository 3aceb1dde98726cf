import asyncio
from datetime import time, timedelta

from jobs.gather import gather
from jobs.model.asking import Asking
from jobs.model.names import batch_id
from jobs.model.vendor_limits import LearnedLimit, LimitKind
from jobs.ports import Story
from tests.support.builders import INVOICES, NOON, a_document, a_route, documents
from tests.support.memory_app import MemoryApp


async def test_ripe_documents_become_a_frozen_batch_that_rings_for_its_preparation() -> None:
    app = MemoryApp(route=a_route(max_documents=3))
    app.shelf.admit(*documents(3))
    (batch,) = await gather(app.route, app.tools)
    history = await app.ledger.read(batch)
    assert tuple(history.documents.values()) == documents(3)
    assert await app.shelf.waiting_list(INVOICES) == ()
    assert app.doorbell.rings == [(Story.PREPARE, batch)]


async def test_unripe_documents_go_on_waiting() -> None:
    app = MemoryApp()
    app.shelf.admit(*documents(3))
    assert await gather(app.route, app.tools) == ()
    assert len(await app.shelf.waiting_list(INVOICES)) == 3


async def test_a_person_need_not_wait_for_company() -> None:
    app = MemoryApp()
    app.shelf.admit(a_document())
    assert await gather(app.route, app.tools, at_once=True) == (batch_id(INVOICES, 1),)


async def test_many_documents_become_as_many_batches_as_they_fill() -> None:
    app = MemoryApp(route=a_route(max_documents=10))
    app.shelf.admit(*documents(25))
    assert len(await gather(app.route, app.tools)) == 2
    assert len(await app.shelf.waiting_list(INVOICES)) == 5


async def test_no_batch_is_larger_than_the_vendor_turned_out_to_take() -> None:
    app = MemoryApp(route=a_route(max_documents=10))
    await app.limits.learn(LearnedLimit(kind=LimitKind.CONSENT, most=3, learned_at=app.time))
    app.shelf.admit(*documents(7))
    batches = await gather(app.route, app.tools)
    assert [len((await app.ledger.read(batch)).documents) for batch in batches] == [3, 3]


async def test_gatherers_that_race_put_no_document_into_two_batches() -> None:
    app = MemoryApp(route=a_route(max_documents=7))
    app.shelf.admit(*documents(70))
    await asyncio.gather(*(gather(app.route, app.tools) for _ in range(5)))
    gathered = [
        document for batch in await app.ledger.batches() for document in (await app.ledger.read(batch)).documents
    ]
    assert sorted(gathered) == sorted(document.id for document in documents(70))


async def test_a_gatherer_that_died_before_clearing_the_list_doubles_nothing() -> None:
    app = MemoryApp(route=a_route(max_documents=2))
    await app.gathered(*documents(2))
    app.shelf.admit(*documents(2))
    assert await gather(app.route, app.tools, at_once=True) == ()
    assert await app.shelf.waiting_list(INVOICES) == ()


async def test_documents_are_collected_until_a_time_of_day_unless_somebody_wants_them_now() -> None:
    app = MemoryApp(route=a_route(max_wait=0).model_copy(update={"asking": Asking(at=(time(13), time(15, 30)))}))
    app.shelf.admit(*documents(3))
    assert await gather(app.route, app.tools) == ()
    assert app.route.asking.next_time(app.time) == NOON + timedelta(hours=1)
    app.later(3600)
    assert await gather(app.route, app.tools) == (batch_id(INVOICES, 1),)
    late = a_document(9).model_copy(update={"received_at": app.time + timedelta(seconds=1)})
    app.later(60)
    app.shelf.admit(late)
    assert await gather(app.route, app.tools) == ()
    assert await gather(app.route, app.tools, at_once=True) == (batch_id(INVOICES, 2),)


async def test_a_time_of_day_that_nobody_worked_at_is_made_up_for() -> None:
    app = MemoryApp(route=a_route().model_copy(update={"asking": Asking(at=(time(13),))}))
    app.shelf.admit(*documents(2))
    app.later(9 * 3600)
    assert len(await gather(app.route, app.tools)) == 1
