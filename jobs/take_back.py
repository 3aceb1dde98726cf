"""A document that waits is taken back: it becomes a batch of its own, which is given up at once.

The route's batch numbers are the lock here too: whoever creates the next one has the document, a gatherer or this. So
it is either in a batch with others, or taken back, and the ledger tells of it.
"""

from contextlib import suppress

from jobs.abandon import abandon
from jobs.gather import clear_waiting_list, find_gatherable
from jobs.model.documents import Route
from jobs.model.errors import Conflict
from jobs.model.names import BatchId, DocumentId, batch_id
from jobs.model.records import Gathered
from jobs.ports import Tools


async def take_back(document: DocumentId, route: Route, why: str, tools: Tools) -> BatchId | None:
    """Take a waiting document back, for that reason; None where it waits no more, or did not yet.

    A worker then puts its original into quarantine. Raises IllegalTransition when somebody was faster in any other way.
    """
    batch = await _take_alone(document, route, tools)
    while batch is not None:
        # A worker may have begun to prepare it meanwhile.
        with suppress(Conflict):
            await abandon(batch, None, tools, why=why)
            break
    return batch


async def _take_alone(document: DocumentId, route: Route, tools: Tools) -> BatchId | None:
    while True:
        number = await tools.ledger.latest(route.name)
        if number:
            await clear_waiting_list(batch_id(route.name, number), tools)
        found = tuple(one for one in await find_gatherable(route, tools) if one.id == document)
        if not found:
            return None
        record = Gathered(at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=found)
        with suppress(Conflict):
            batch = batch_id(route.name, number + 1)
            await tools.ledger.open(batch, record)
            await tools.shelf.leave_waiting_list(found)
            return batch
