"""Waiting documents become a frozen batch.

The route's batch numbers are the lock: a gatherer takes the newest batch's documents off the waiting list,
reads the list, and creates the next number. Whoever creates it has won; the other starts over. Because every
gatherer clears the newest batch first, no document is ever put into two batches.
"""

from contextlib import suppress

from jobs.batching import take
from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, Conflict, UnknownBatch
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Gathered
from jobs.planning.looking import WaitingTools, find_gatherable, look, look_at_open_batches
from jobs.planning.rule import Cut, decide, find_largest
from jobs.planning.turns import AT_ONCE, find_turns
from jobs.ports import Story, Tools


async def gather(route: Route, tools: Tools, *, at_once: bool = False) -> tuple[BatchId, ...]:
    """Cut as many batches as the rule says; `at_once` takes what waits without waiting for company.

    Each new batch rings for its preparation, unless so many are to be prepared that it has to wait for its turn: then
    the sweep rings.
    """
    batches: list[BatchId] = []
    while True:
        number = await tools.ledger.latest(route.name)
        if number:
            await clear_waiting_list(batch_id(route.name, number), tools)
        waiting = await find_gatherable(route, tools)
        view = await look(route, waiting, tools)
        decision = find_largest(view) if at_once else decide(view)
        if not waiting or not isinstance(decision, Cut):
            return tuple(batches)
        batch, documents = batch_id(route.name, number + 1), take(waiting, decision.documents, route.limits.max_bytes)
        record = Gathered(at=tools.now(), route=route.name, seal=route.seal, profile=route.profile, documents=documents)
        # Another gatherer may be faster: then everything is looked at anew.
        with suppress(Conflict):
            await tools.ledger.open(batch, record)
            await tools.shelf.leave_waiting_list(documents)
            turns = find_turns(await look_at_open_batches(tools), tools.age) if len(batches) < AT_ONCE else ()
            if batch in turns[:AT_ONCE]:
                await tools.doorbell.ring(Story.PREPARE, batch)
            batches.append(batch)


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
