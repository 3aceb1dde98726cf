import asyncio

from jobs.gather import gather
from jobs.model.names import batch_id
from jobs.ports import Story
from tests.support.builders import INVOICES, a_document, a_route, documents
from tests.support.house import House


async def test_ripe_documents_become_a_frozen_batch_that_rings_for_its_preparation() -> None:
    house = House(route=a_route(max_documents=3))
    house.shelf.admit(*documents(3))
    (batch,) = await gather(house.route, house.tools)
    history = await house.ledger.read(batch)
    assert tuple(history.documents.values()) == documents(3)
    assert await house.shelf.waiting(INVOICES) == ()
    assert house.doorbell.rings == [(Story.PREPARE, batch)]


async def test_unripe_documents_go_on_waiting() -> None:
    house = House()
    house.shelf.admit(*documents(3))
    assert await gather(house.route, house.tools) == ()
    assert len(await house.shelf.waiting(INVOICES)) == 3


async def test_a_person_need_not_wait_for_company() -> None:
    house = House()
    house.shelf.admit(a_document())
    assert await gather(house.route, house.tools, at_once=True) == (batch_id(INVOICES, 1),)


async def test_many_documents_become_as_many_batches_as_they_fill() -> None:
    house = House(route=a_route(max_documents=10))
    house.shelf.admit(*documents(25))
    assert len(await gather(house.route, house.tools)) == 2
    assert len(await house.shelf.waiting(INVOICES)) == 5


async def test_gatherers_that_race_put_no_document_into_two_batches() -> None:
    house = House(route=a_route(max_documents=7))
    house.shelf.admit(*documents(70))
    await asyncio.gather(*(gather(house.route, house.tools) for _ in range(5)))
    gathered = [
        document for batch in await house.ledger.batches() for document in (await house.ledger.read(batch)).documents
    ]
    assert sorted(gathered) == sorted(document.id for document in documents(70))


async def test_a_gatherer_that_died_before_clearing_the_list_doubles_nothing() -> None:
    house = House(route=a_route(max_documents=2))
    await house.gathered(*documents(2))
    house.shelf.admit(*documents(2))
    assert await gather(house.route, house.tools, at_once=True) == ()
    assert await house.shelf.waiting(INVOICES) == ()
