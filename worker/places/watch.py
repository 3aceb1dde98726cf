"""Looking at one inbox elsewhere again and again, in one process of those that share a data folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tenacity import RetryCallState, retry_if_exception_type, wait_exponential
from tenacity.asyncio import AsyncRetrying

from worker.places.place import PlaceAway
from worker.places.standing import PlaceStanding
from worker.places.taking import Taking
from worker.storage.durable import make_folder
from worker.storage.leases import open_lock, try_lock

_LONGEST_PAUSE = 120.0
"""Seconds between two tries at a place that is away."""


async def take_for_ever(taking: Taking, standing: PlaceStanding, lock: Path, every: timedelta) -> None:
    """Look until cancelled, while no other process does. Raises what is neither the place's nor the disk's fault."""
    while True:
        async with _leased(lock) as is_ours:
            while is_ours:
                async for attempt in _patiently(standing, every):
                    with attempt:
                        taken = await taking.look()
                        await standing.note_used(taking.left)
                if not taken:
                    await asyncio.sleep(every.total_seconds())
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


@asynccontextmanager
async def _leased(lock: Path) -> AsyncIterator[bool]:
    """Be the one that looks for the time of the block; False while another process is."""
    await asyncio.to_thread(make_folder, lock.parent, 0o700)
    descriptor = await asyncio.to_thread(open_lock, lock)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
