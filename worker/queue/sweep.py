"""The sweep: looks at the ledger and the waiting list, and rings for whatever should be moving and is not.

This is what makes the doorbell expendable. After a crash, a flushed Redis or a lost ring, everything continues
from its last record at the next sweep.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError

from jobs.lapse import has_renewed_seal
from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, NotEnrolled, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.names import BatchId, RouteName
from jobs.model.standstill import Foundation, is_place
from jobs.planning.looking import find_gatherable, look
from jobs.planning.rule import Cut, decide
from jobs.planning.turns import AT_ONCE, find_turns, has_to_be_prepared, take_turns
from jobs.ports import Standstills, Story, Tools
from jobs.recover import next_story
from worker.clock import monotonic
from worker.queue.backoff import Backoff

log = structlog.get_logger()

_TIDY_EVERY = 10.0
"""Seconds for which a note may stay of what stands still no more, since it is over."""
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


async def sweep_for_ever(tools: Tools, backoff: Backoff, standstills: Standstills, every: timedelta) -> None:
    """Sweep until cancelled, and forget what is said to stand still and is over: a batch that was cancelled, say."""
    tidy_at = monotonic()
    while True:
        try:
            await sweep(tools, backoff)
            if monotonic() >= tidy_at:
                tidy_at = monotonic() + _TIDY_EVERY
                await _tidy(standstills, tools)
        except (RedisError, OSError) as error:
            log.warning("sweep failed", error=error)
        await asyncio.sleep(every.total_seconds())


async def _tidy(standstills: Standstills, tools: Tools) -> None:
    # In a bucket each look is a request, and most of the time nothing stands still.
    if noted := {each.subject for each in await standstills.all()}:
        places = filter(is_place, noted)
        await standstills.keep({*Foundation, *places, *tools.routes, *await tools.ledger.open_batches()})


async def sweep(tools: Tools, backoff: Backoff) -> None:
    """Ring once for every batch and route that needs it and is not left alone after a failure.

    Whatever has waited longest is rung for first, one batch of each route before the second of any.
    """
    busy = await _find_busy_routes(tools)
    for route in tools.routes.values():
        if route.name not in busy or backoff.is_active(route.name, tools.age):
            continue
        if await _is_due(route, tools):
            await tools.doorbell.ring(Story.GATHER, route.name)
    glances = await _look_at_open_batches(tools)
    # What is left alone after a failure keeps nobody from a turn.
    able = [batch for batch in glances if not backoff.is_active(batch, tools.age)]
    turns = find_turns((one for batch in able if (one := glances[batch]) is not None), tools.age)[:AT_ONCE]
    for batch in take_turns(able):
        story = await _find_story(glances[batch], turns, tools)
        if story is not None:
            await tools.doorbell.ring(story, batch)


async def _find_busy_routes(tools: Tools) -> Collection[RouteName]:
    try:
        return await tools.shelf.find_busy_routes()
    except Exception:  # noqa: BLE001  as in `_is_due`
        return tools.routes.keys()


async def _look_at_open_batches(tools: Tools) -> dict[BatchId, Glance | None]:
    """All but the damaged ones, first those that cannot be looked at (None), then by how long they stand as they do."""
    glances: dict[BatchId, Glance | None] = {}
    for batch in await tools.ledger.open_batches():
        try:
            glances[batch] = await tools.ledger.glance(batch)
        except UnknownBatch:
            continue
        except BrokenLedger as error:
            log.warning("ledger broken", batch=batch, error=error)
        except Exception:  # noqa: BLE001  as in `_is_due`
            glances[batch] = None
    return dict(sorted(glances.items(), key=lambda item: _UNKNOWN if item[1] is None else item[1].since))


async def _is_due(route: Route, tools: Tools) -> bool:
    """Whether to gather. What cannot be looked at is rung for: who runs the story notes why, and the others go on."""
    try:
        waiting = await find_gatherable(route, tools)
        return bool(waiting) and isinstance(decide(await look(route, waiting, tools)), Cut)
    except Exception:  # noqa: BLE001
        return True


async def _find_story(glance: Glance | None, turns: Collection[BatchId], tools: Tools) -> Story | None:
    """The next story, where it is the batch's turn; of a stopped batch too, once its seal was renewed."""
    if glance is None:
        return Story.RECOVER
    if not glance.is_stopped:
        waits_for_turn = has_to_be_prepared(glance, tools.age) and glance.batch not in turns
        return None if waits_for_turn else next_story(glance, tools.age)
    try:
        return Story.PREPARE if await has_renewed_seal(glance, tools) else None
    except NotEnrolled:
        return None
    except Exception:  # noqa: BLE001  as in `_is_due`
        return Story.RECOVER
