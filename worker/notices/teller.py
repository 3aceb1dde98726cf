"""Finds out what happened and tells it, in one process of all those that share a data folder."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog

from worker.error_text import error_text
from worker.notices.feed import Feed
from worker.storage.durable import make_folder
from worker.storage.leases import open_lock, try_lock

log = structlog.get_logger()

_LOCK = "lock"


class Messenger(Protocol):
    """Works off what one target is to be told."""

    async def deliver(self) -> None:
        """Tell what is due now. Raises OSError."""
        ...


async def tell_for_ever(feed: Feed, messengers: Iterable[Messenger], folder: Path, every: timedelta) -> None:
    """Look and tell until cancelled, while this process is the one that does; another goes on when it dies.

    Targets do not wait for one another, nor for a look that fails. Raises OSError where no lease can be had.
    """
    while True:
        async with _leased(folder) as is_ours:
            if is_ours:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_look_for_ever(feed, every))
                    for messenger in messengers:
                        group.create_task(_deliver_for_ever(messenger, every))
        await asyncio.sleep(every.total_seconds())


async def _look_for_ever(feed: Feed, every: timedelta) -> None:
    while True:
        try:
            await feed.look()
        except OSError as error:
            # It is looked at again, from where the last look came to; who is being told meanwhile is not disturbed.
            log.warning("looking for events failed", error=error_text(error))
        await asyncio.sleep(every.total_seconds())


async def _deliver_for_ever(messenger: Messenger, every: timedelta) -> None:
    while True:
        try:
            await messenger.deliver()
        except Exception:
            # Whatever it is, the other targets are innocent.
            log.exception("telling failed")
        await asyncio.sleep(every.total_seconds())


@asynccontextmanager
async def _leased(folder: Path) -> AsyncIterator[bool]:
    """Be the one that tells for the time of the block; False while another process is."""
    await asyncio.to_thread(make_folder, folder, 0o700)
    descriptor = await asyncio.to_thread(open_lock, folder / _LOCK)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
