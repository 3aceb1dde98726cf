"""Waiting documents become a frozen batch.

The route's batch numbers are the lock: a gatherer takes the newest batch's documents off the waiting list,
reads the list, and creates the next number. Whoever creates it has won; the other starts over. Because every
gatherer clears the newest batch first, no document is ever put into two batches.
"""

from contextlib import suppress

from jobs.batching import is_ripe, take
from jobs.model.documents import Route
from jobs.model.errors import Conflict
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Gathered
from jobs.ports import Story, Tools


async def gather(route: Route, tools: Tools, *, at_once: bool = False) -> tuple[BatchId, ...]:
    """Cut as many batches as are ripe; `at_once` takes what waits without waiting for company.

    Each new batch rings for its preparation.
    """
    batches: list[BatchId] = []
    while True:
        number = await tools.ledger.latest(route.name)
        if number:
            newest = await tools.ledger.read(batch_id(route.name, number))
            await tools.shelf.leave_waiting_list(newest.gathered.documents)
        waiting = await tools.shelf.waiting_list(route.name)
        if not waiting or not (at_once or is_ripe(waiting, route.limits, tools.age)):
            return tuple(batches)
        batch, documents = batch_id(route.name, number + 1), take(waiting, route.limits)
        record = Gathered(at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=documents)
        # Another gatherer may be faster: then everything is looked at anew.
        with suppress(Conflict):
            await tools.ledger.open(batch, record)
            await tools.shelf.leave_waiting_list(documents)
            await tools.doorbell.ring(Story.PREPARE, batch)
            batches.append(batch)
