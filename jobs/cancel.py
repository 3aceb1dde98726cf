"""Whoever looks after the machine cancels what nobody has consented to: a batch, or a document that still waits.

A waiting document becomes a batch of its own, which is given up at once: the ledger decides as ever who was first, and
whatever was given up is settled in one way.
"""

from dataclasses import dataclass

from jobs.abandon import end_of
from jobs.gather import clear_waiting_list, find_gatherable
from jobs.model.documents import Route
from jobs.model.errors import Conflict, UnknownDocument
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, batch_id
from jobs.model.records import Gathered
from jobs.model.text import Text
from jobs.ports import Ledger, Now, Shelf


@dataclass(frozen=True, slots=True)
class CancelTools:
    """What cancelling needs. No doorbell: the sweep finds what was given up."""

    ledger: Ledger
    shelf: Shelf
    now: Now


async def cancel_batch(batch: BatchId, why: Text, tools: CancelTools) -> History:
    """Give a batch up. Raises UnknownBatch, BrokenLedger, Conflict, and IllegalTransition when somebody consented."""
    return await _give_up(await tools.ledger.read(batch), why, tools)


async def cancel_waiting(document: DocumentId, route: Route, why: Text, tools: CancelTools) -> History:
    """Give a waiting document up, as a batch of its own.

    Raises UnknownDocument when it does not wait (any more), and Conflict when another batch was made at this moment.
    """
    number = await tools.ledger.latest(route.name)
    if number:
        await clear_waiting_list(batch_id(route.name, number), tools)
    found = [one for one in await find_gatherable(route, tools) if one.id == document]
    if not found:
        raise UnknownDocument(f"{document} does not wait in route {route.name}.")
    gathered = Gathered(
        at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=tuple(found)
    )
    history = await tools.ledger.open(batch_id(route.name, number + 1), gathered)
    await tools.shelf.leave_waiting_list(found)
    try:
        return await _give_up(history, why, tools)
    except Conflict:
        # A worker prepared it at once; it can be given up all the same.
        return await cancel_batch(history.batch, why, tools)


async def _give_up(history: History, why: Text, tools: CancelTools) -> History:
    return await tools.ledger.append(history, end_of(history, tools.now(), why))
