"""Finds out what happened and tells it, in one process of all those that share a storage."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

import structlog

from worker.error_text import error_text
from worker.notices.feed import Feed
from worker.storage.notice_ports import Notices

log = structlog.get_logger()


class Messenger(Protocol):
    """Works off what one target is to be told."""

    async def deliver(self) -> None:
        """Tell what is due now. Raises OSError."""
        ...


async def tell_for_ever(feed: Feed, messengers: Iterable[Messenger], notices: Notices, every: timedelta) -> None:
    """Look and tell until cancelled, while this process is the one that does; another goes on when it dies.

    Targets do not wait for one another, nor for a look that fails.
    """
    messengers = tuple(messengers)
    while True:
        try:
            async with notices.telling() as lost:
                if lost is not None:
                    await _tell_until(lost, feed, messengers, every)
        except OSError as error:
            # Nobody knows whose turn it is: what happened meanwhile is found by whoever tells next.
            log.warning("no turn to tell others", error=error_text(error))
        await asyncio.sleep(every.total_seconds())


async def _tell_until(lost: asyncio.Event, feed: Feed, messengers: Iterable[Messenger], every: timedelta) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_look_for_ever(feed, every))]
        tasks += [group.create_task(_deliver_for_ever(messenger, every)) for messenger in messengers]
        await lost.wait()
        for task in tasks:
            task.cancel()


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
