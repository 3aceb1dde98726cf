"""Whether the same content came before, wherever the one before is by now."""

import pytest

from jobs.deliver import deliver
from jobs.duplicates import find_earlier
from jobs.gather import gather
from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.names import RouteName, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Refusal
from tests.support.builders import INVOICES, a_document
from tests.support.memory_app import MemoryApp

FIRST = a_document(1)
SAME = a_document(2).model_copy(update={"sha256": FIRST.sha256})


async def look(app: MemoryApp, document: Document = SAME) -> EarlierDocument | None:
    return await find_earlier(document, app.shelf, app.ledger, app.outbox)


async def test_nothing_is_the_same_as_itself_or_as_others() -> None:
    app = MemoryApp()
    app.shelf.admit(SAME, a_document(3))
    assert await look(app) is None


@pytest.mark.parametrize("change", [{"size": 7}, {"route": RouteName("orders")}])
async def test_size_and_route_have_to_be_the_same_too(change: dict[str, object]) -> None:
    app = MemoryApp()
    app.shelf.admit(FIRST)
    assert await look(app, SAME.model_copy(update=change)) is None


async def test_one_that_waits_is_found() -> None:
    app = MemoryApp()
    app.shelf.admit(FIRST)
    earlier = await look(app)
    assert earlier is not None
    assert (earlier.document, earlier.name, earlier.batch, earlier.sealed_as) == (FIRST.id, FIRST.name, None, None)


async def test_one_in_a_batch_that_is_under_way_is_found() -> None:
    app = MemoryApp()
    app.shelf.admit(FIRST)
    await gather(app.route, app.tools, at_once=True)
    earlier = await look(app)
    assert earlier is not None
    assert (earlier.document, earlier.batch) == (FIRST.id, batch_id(INVOICES, 1))


async def test_one_that_was_delivered_is_found_with_its_sealed_file() -> None:
    app = MemoryApp()
    await deliver((await app.signed(FIRST)).batch, app.tools)
    earlier = await look(app)
    assert earlier is not None
    assert (earlier.document, earlier.batch, earlier.sealed_as) == (FIRST.id, batch_id(INVOICES, 1), FIRST.name)
    assert "sealed 2026-11-23 12:00 UTC as invoice-1.pdf" in earlier.words


async def test_what_was_put_aside_counts_for_nothing() -> None:
    app = MemoryApp()
    app.shelf.admit(FIRST)
    (batch,) = await gather(app.route, app.tools, at_once=True)
    refusal = Refusal(document=FIRST.id, reason=Reason.ABANDONED, detail="cancelled")
    record = Abandoned(at=app.time, why="cancelled", refused=(refusal,))
    await app.ledger.append(await app.ledger.read(batch), record)
    assert await look(app) is None
