"""Waiting documents become a frozen batch.

The route's batch numbers are the lock: a gatherer takes the newest batch's documents off the waiting list,
reads the list, and creates the next number. Whoever creates it has won; the other starts over. Because every
gatherer clears the newest batch first, no document is ever put into two batches.
"""

from contextlib import suppress
from typing import Protocol

from jobs.batching import is_ripe, take
from jobs.model.damage import Damage
from jobs.model.documents import Document, Route
from jobs.model.errors import BrokenLedger, Conflict, UnknownBatch
from jobs.model.names import BatchId, batch_id, batch_route
from jobs.model.records import Gathered
from jobs.ports import Ledger, Shelf, Story, Tools


async def gather(route: Route, tools: Tools, *, at_once: bool = False) -> tuple[BatchId, ...]:
    """Cut as many batches as are ripe; `at_once` takes what waits without waiting for company.

    Each new batch rings for its preparation.
    """
    batches: list[BatchId] = []
    while True:
        number = await tools.ledger.latest(route.name)
        if number:
            await clear_waiting_list(batch_id(route.name, number), tools)
        waiting = await find_gatherable(route, tools)
        if not waiting:
            return tuple(batches)
        limits = (await tools.limits.known()).narrow(route.limits)
        collected = route.asking.last_time(tools.now())
        if not (at_once or is_ripe(waiting, limits, tools.age, collected=collected)):
            return tuple(batches)
        batch, documents = batch_id(route.name, number + 1), take(waiting, limits)
        record = Gathered(at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=documents)
        # Another gatherer may be faster: then everything is looked at anew.
        with suppress(Conflict):
            await tools.ledger.open(batch, record)
            await tools.shelf.leave_waiting_list(documents)
            await tools.doorbell.ring(Story.PREPARE, batch)
            batches.append(batch)


class WaitingTools(Protocol):
    """What is needed to tell what waits."""

    @property
    def ledger(self) -> Ledger:
        """The batches."""
        ...

    @property
    def shelf(self) -> Shelf:
        """The waiting lists."""
        ...


async def find_gatherable(route: Route, tools: WaitingTools) -> tuple[Document, ...]:
    """What waits and may become a batch: a document that a damaged batch may hold waits until that is repaired."""
    waiting = await tools.shelf.waiting_list(route.name)
    if not waiting:
        return ()
    damages: list[Damage] = []
    # What a batch that is closed held has long left the waiting list.
    for batch in await tools.ledger.open_batches():
        if batch_route(batch) != route.name:
            continue
        try:
            await tools.ledger.glance(batch)
        except UnknownBatch:
            continue
        except BrokenLedger:
            damage = await tools.ledger.find_damage(batch)
            damages += [damage] if damage else []
    return tuple(document for document in waiting if not any(damage.may_hold(document) for damage in damages))


async def clear_waiting_list(newest: BatchId, tools: WaitingTools) -> None:
    """Take what the route's newest batch holds off the waiting list, which a crash may have left there."""
    try:
        documents = (await tools.ledger.read(newest)).gathered.documents
    except UnknownBatch:
        # Set aside by a repair: none of its documents waits any more.
        return
    except BrokenLedger:
        damage = await tools.ledger.find_damage(newest)
        documents = damage.sound.gathered.documents if damage and damage.sound else ()
    await tools.shelf.leave_waiting_list(documents)
