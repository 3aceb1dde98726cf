"""The sweep: looks at the ledger and the waiting list, and rings for whatever should be moving and is not.

This is what makes the doorbell expendable. After a crash, a flushed Redis or a lost ring, everything continues
from its last record at the next sweep.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from jobs.batching import is_ripe
from jobs.gather import find_gatherable
from jobs.lapse import has_renewed_seal
from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, NotEnrolled, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.standstill import Foundation, is_place
from jobs.ports import Standstills, Story, Tools
from jobs.recover import next_story
from worker.queue.backoff import Backoff

log = structlog.get_logger()


async def sweep_for_ever(tools: Tools, backoff: Backoff, standstills: Standstills, every: timedelta) -> None:
    """Sweep until cancelled, and forget what is said to stand still and is over: a batch that was cancelled, say."""
    while True:
        try:
            await sweep(tools, backoff)
            places = {each.subject for each in await standstills.all() if is_place(each.subject)}
            await standstills.keep({*Foundation, *places, *tools.routes, *await tools.ledger.open_batches()})
        except (RedisError, OSError) as error:
            log.warning("sweep failed", error=error)
        await asyncio.sleep(every.total_seconds())


async def sweep(tools: Tools, backoff: Backoff) -> None:
    """Ring once for every batch and route that needs it and is not left alone after a failure."""
    for route in tools.routes.values():
        if backoff.is_active(route.name, tools.age):
            continue
        if await _is_due(route, tools):
            await tools.doorbell.ring(Story.GATHER, route.name)
    for batch in await tools.ledger.open_batches():
        try:
            story = await _find_story(await tools.ledger.glance(batch), tools)
        except UnknownBatch:
            continue
        except BrokenLedger as error:
            log.warning("ledger broken", batch=batch, error=error)
            continue
        except Exception:  # noqa: BLE001  as in `_is_due`
            story = Story.RECOVER
        if story is not None and not backoff.is_active(batch, tools.age):
            await tools.doorbell.ring(story, batch)


async def _is_due(route: Route, tools: Tools) -> bool:
    """Whether to gather. What cannot be looked at is rung for: who runs the story notes why, and the others go on."""
    try:
        collected = route.asking.last_time(tools.now())
        return is_ripe(await find_gatherable(route, tools), route.limits, tools.age, collected=collected)
    except Exception:  # noqa: BLE001
        return True


async def _find_story(glance: Glance, tools: Tools) -> Story | None:
    """The next story; of a stopped batch too, once its seal was renewed."""
    if glance.is_stopped:
        with suppress(NotEnrolled):
            return Story.PREPARE if await has_renewed_seal(glance, tools) else None
    return next_story(glance, tools.age)
