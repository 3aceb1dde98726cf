"""The sweep: looks at the ledger and the waiting list, and rings for whatever should be moving and is not.

This is what makes the doorbell expendable. After a crash, a flushed Redis or a lost ring, everything continues
from its last record at the next sweep.
"""

import asyncio
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from jobs.batching import ripe
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Doorbell, Story, Tools
from jobs.recover import next_story
from worker.queue.rests import Rests

log = structlog.get_logger()


async def sweep_for_ever(tools: Tools, rests: Rests, every: timedelta) -> None:
    """Sweep until cancelled."""
    while True:
        try:
            await sweep(tools, rests)
        except (RedisError, OSError) as error:
            log.warning("sweep failed", error=str(error))
        await asyncio.sleep(every.total_seconds())


async def sweep(tools: Tools, rests: Rests) -> None:
    """Ring once for every batch and route that needs it and does not rest after a failure."""
    await _ring_for_routes(tools, rests, tools.doorbell)
    for batch in await tools.ledger.unclosed():
        story = await _needed(batch, tools)
        if story is not None and not rests.is_resting(batch, tools.now()):
            await tools.doorbell.ring(story, batch)


async def _ring_for_routes(tools: Tools, rests: Rests, doorbell: Doorbell) -> None:
    for route in tools.routes.values():
        if rests.is_resting(route.name, tools.now()):
            continue
        if ripe(await tools.shelf.waiting(route.name), route.limits, tools.now()):
            await doorbell.ring(Story.GATHER, route.name)


async def _needed(batch: BatchId, tools: Tools) -> Story | None:
    try:
        return next_story(await tools.ledger.read(batch), tools.now())
    except UnknownBatch:
        return None
    except BrokenLedger as error:
        log.warning("ledger broken", batch=batch, error=str(error))
        return None
