"""Looking at one inbox elsewhere again and again, in one process of all those that share a storage."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import structlog
from tenacity import RetryCallState, retry_if_exception_type, wait_exponential
from tenacity.asyncio import AsyncRetrying

from worker.error_text import error_text
from worker.places.place import PlaceAway
from worker.places.standing import PlaceStanding
from worker.places.taking import Taking

log = structlog.get_logger()

Hold = Callable[[], AbstractAsyncContextManager[asyncio.Event | None]]
"""Lets one process at a time look for the time of the block, and gives what tells that it is another one's turn by now;
None while another one does."""

_LONGEST_PAUSE = 120.0
"""Seconds between two tries at a place that is away."""


async def take_for_ever(taking: Taking, standing: PlaceStanding, hold: Hold, every: timedelta) -> None:
    """Look until cancelled, while nobody else does. Raises what is neither the place's nor the storage's fault."""
    while True:
        try:
            async with hold() as lost:
                if lost is not None:
                    await _take_until(lost, taking, standing, every)
        except OSError as error:
            log.warning("no turn to look at an inbox elsewhere", error=error_text(error))
        await asyncio.sleep(every.total_seconds())


async def _take_until(lost: asyncio.Event, taking: Taking, standing: PlaceStanding, every: timedelta) -> None:
    # What was there before may have been taken, and have come once more, since.
    taking.begin()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_take_for_ever(taking, standing, every))
        await lost.wait()
        task.cancel()


async def _take_for_ever(taking: Taking, standing: PlaceStanding, every: timedelta) -> None:
    while True:
        async for attempt in _patiently(standing, every):
            with attempt:
                taken = await taking.look()
                await standing.note_used(taking.left)
        if not taken:
            await asyncio.sleep(every.total_seconds())


def _patiently(standing: PlaceStanding, every: timedelta) -> AsyncRetrying:
    async def note(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Exception) and state.next_action is not None:
            await standing.note_away(error, state.next_action.sleep)

    return AsyncRetrying(
        retry=retry_if_exception_type((PlaceAway, OSError)),
        wait=wait_exponential(multiplier=every.total_seconds(), max=_LONGEST_PAUSE),
        before_sleep=note,
        reraise=True,
    )
