"""Whoever looks after the machine cancels what nobody has consented to: a batch, or a document that still waits.

A waiting document becomes a batch of its own, which is given up at once: the ledger decides as ever who was first, and
whatever was given up is settled in one way.
"""

from contextlib import suppress
from dataclasses import dataclass

from jobs.abandon import end_of
from jobs.gather import clear_waiting_list
from jobs.model.documents import Route
from jobs.model.errors import Conflict, UnknownDocument
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, batch_id
from jobs.model.records import Gathered
from jobs.model.text import Text
from jobs.planning.looking import find_gatherable
from jobs.ports import Ledger, Now, Shelf


@dataclass(frozen=True, slots=True)
class CancelTools:
    """What cancelling needs. No doorbell: the sweep finds what was given up."""

    ledger: Ledger
    shelf: Shelf
    now: Now


async def cancel_batch(batch: BatchId, why: Text, tools: CancelTools) -> History:
    """Give a batch up. Raises UnknownBatch, BrokenLedger, Conflict, and IllegalTransition when somebody consented."""
    history = await tools.ledger.read(batch)
    return await tools.ledger.append(history, end_of(history, tools.now(), why))


async def cancel_waiting(document: DocumentId, route: Route, why: Text, tools: CancelTools) -> History:
    """Give a waiting document up, as a batch of its own.

    Raises UnknownDocument when it does not wait, or not any more, and IllegalTransition when somebody was faster.
    """
    history = await _take_alone(document, route, tools)
    while True:
        # A worker may have begun to prepare it; it can be given up all the same.
        with suppress(Conflict):
            return await cancel_batch(history.batch, why, tools)


async def _take_alone(document: DocumentId, route: Route, tools: CancelTools) -> History:
    while True:
        number = await tools.ledger.latest(route.name)
        if number:
            await clear_waiting_list(batch_id(route.name, number), tools)
        found = tuple(one for one in await find_gatherable(route, tools) if one.id == document)
        if not found:
            raise UnknownDocument(f"{document} does not wait in route {route.name}.")
        record = Gathered(at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=found)
        # Whoever creates the next number has the document: a gatherer or this.
        with suppress(Conflict):
            history = await tools.ledger.open(batch_id(route.name, number + 1), record)
            await tools.shelf.leave_waiting_list(found)
            return history
