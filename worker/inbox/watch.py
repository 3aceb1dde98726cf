"""Watching the inbox: the system's events only wake us up; the truth is looking at everything every few seconds.

Events get lost when a queue overflows, and network file systems send none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from watchfiles import Change, awatch

from jobs.model.names import RouteName
from worker.inbox.ignoring import is_ignored
from worker.inbox.intake import Intake
from worker.storage.durable import make_folder

_BRIEFLY = 0.1
"""Seconds until events are listened to again, after a name that nobody could read."""

OnReceived = Callable[[frozenset[RouteName]], Awaitable[None]]


async def watch(intake: Intake, on_received: OnReceived, *, stop: asyncio.Event, rescan: timedelta) -> None:
    """Rescan the inbox until `stop` is set, and tell which routes received something after each time that did."""
    inbox = intake.inbox
    for route in inbox.routes:
        await asyncio.to_thread(make_folder, inbox.folder / route)
    news = asyncio.Event()
    listener = asyncio.create_task(_listen(inbox.folder, news, rescan))
    try:
        while not stop.is_set():
            news.clear()
            result = await intake.rescan()
            if result.routes:
                await on_received(result.routes)
            await _wait_for_first(news, stop, min(rescan, inbox.settle or rescan) if result.unsettled else rescan)
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener
        await intake.close()


async def _listen(folder: Path, news: asyncio.Event, rescan: timedelta) -> None:
    """Tell of every change; begin anew whenever the folder was replaced, since events stay with the old one."""
    while True:
        pause = rescan.total_seconds()
        try:
            await _listen_to(folder, news, rescan)
        except* OSError:
            # The folder is missing, or the system's table of watches is full.
            pass
        except* RuntimeError:
            # watchfiles gives up at a name that is no UTF-8. What it would have told of is news all the same.
            news.set()
            pause = min(pause, _BRIEFLY)
        await asyncio.sleep(pause)


async def _listen_to(folder: Path, news: asyncio.Event, rescan: timedelta) -> None:
    identity = (await asyncio.to_thread(folder.stat)).st_ino
    every = max(1, int(rescan.total_seconds() * 1000))
    async for changes in awatch(folder, watch_filter=_is_news, rust_timeout=every, yield_on_timeout=True):
        if changes:
            news.set()
        if (await asyncio.to_thread(folder.stat)).st_ino != identity:
            return


def _is_news(change: Change, path: str) -> bool:
    return change is not Change.deleted and not is_ignored(Path(path).name)


async def _wait_for_first(news: asyncio.Event, stop: asyncio.Event, pause: timedelta) -> None:
    waits = [asyncio.create_task(event.wait()) for event in (news, stop)]
    try:
        await asyncio.wait(waits, timeout=pause.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
