"""The sweep: looks at the ledger and the waiting list, and rings for whatever should be moving and is not.

This is what makes the doorbell expendable. After a crash, a flushed Redis or a lost ring, everything continues
from its last record at the next sweep.
"""

import asyncio
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from jobs.batching import is_ripe
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.ports import Story, Tools
from jobs.recover import next_story
from worker.queue.backoff import Backoff

log = structlog.get_logger()


async def sweep_for_ever(tools: Tools, backoff: Backoff, every: timedelta) -> None:
    """Sweep until cancelled."""
    while True:
        try:
            await sweep(tools, backoff)
        except (RedisError, OSError) as error:
            log.warning("sweep failed", error=error)
        await asyncio.sleep(every.total_seconds())


async def sweep(tools: Tools, backoff: Backoff) -> None:
    """Ring once for every batch and route that needs it and is not left alone after a failure."""
    for route in tools.routes.values():
        if backoff.is_active(route.name, tools.now()):
            continue
        if is_ripe(await tools.shelf.waiting_list(route.name), route.limits, tools.now()):
            await tools.doorbell.ring(Story.GATHER, route.name)
    for batch in await tools.ledger.open_batches():
        try:
            story = next_story(await tools.ledger.read(batch), tools.now())
        except UnknownBatch:
            continue
        except BrokenLedger as error:
            log.warning("ledger broken", batch=batch, error=error)
            continue
        if story is not None and not backoff.is_active(batch, tools.now()):
            await tools.doorbell.ring(story, batch)
