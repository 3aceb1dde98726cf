"""Watching the inbox: the system's events only wake us up; the truth is looking at everything every few seconds.

Events get lost when a queue overflows, and network file systems send none.
"""

import asyncio
import re
import stat
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from watchfiles import Change, awatch

from jobs.model.names import RouteName
from worker.inbox.ignoring import is_ignored
from worker.inbox.intake import Intake
from worker.storage.sharing import make_shared_folder
from worker.storage.tree import walk

_BRIEFLY = 0.1
"""Seconds until events are listened to again, after other folders or a name that nobody could read."""
_QUICKEST_STEP, _SLOWEST_STEP = 50, 200
"""Milliseconds between two looks at what the system told; a tenth of the settle time in between."""
_LISTENED_TO = 1000
"""Folders below the inbox of which events are told; a rescan finds what is dropped into others."""

_SURROGATE = re.compile("[\ud800-\udfff]")

OnReceived = Callable[[frozenset[RouteName]], Awaitable[None]]


async def watch(intake: Intake, on_received: OnReceived, *, stop: asyncio.Event, rescan: timedelta) -> None:
    """Rescan the inbox until `stop` is set, and tell which routes received something after each time that did."""
    inbox = intake.inbox
    missing = await asyncio.to_thread(_make_folders, inbox.folder, inbox.routes)
    news = asyncio.Event()
    listener = asyncio.create_task(_listen(inbox.folder, news, rescan, inbox.settle))
    try:
        while not stop.is_set():
            news.clear()
            if missing:
                missing = await asyncio.to_thread(_make_folders, inbox.folder, missing)
            result = await intake.rescan()
            if result.routes:
                await on_received(result.routes)
            if result.later:
                continue
            await _wait_for_first(news, stop, min(rescan, inbox.settle or rescan) if result.unsettled else rescan)
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener
        await intake.close()


async def take_up_for_ever(intake: Intake, on_received: OnReceived, every: timedelta) -> None:
    """Finish what others left, where nobody watches an inbox, until cancelled; `on_received` is told as by `watch`."""
    try:
        while True:
            result = await intake.take_up()
            if result.routes:
                await on_received(result.routes)
            await asyncio.sleep(every.total_seconds())
    finally:
        await intake.close()


def _make_folders(inbox: Path, routes: Collection[RouteName]) -> set[RouteName]:
    """Make the folders of routes; gives those that something stands in the way of, which the rescan tells or takes."""
    missing = set(routes)
    for route in routes:
        with suppress(OSError):
            make_shared_folder(inbox, inbox / route)
            missing.discard(route)
    return missing


async def _listen(inbox: Path, news: asyncio.Event, rescan: timedelta, settle: timedelta) -> None:
    """Tell of every change; begin anew whenever folders came, went or were replaced, since events stay with the old."""
    while True:
        pause = min(rescan.total_seconds(), _BRIEFLY)
        try:
            await _listen_to(inbox, news, rescan, settle)
        except* OSError:
            # The folder is missing, or the system's table of watches is full.
            pause = rescan.total_seconds()
        except* RuntimeError:
            # watchfiles gives up at a name that is no UTF-8. What it would have told of is news all the same.
            pass
        news.set()
        await asyncio.sleep(pause)


async def _listen_to(inbox: Path, news: asyncio.Event, rescan: timedelta, settle: timedelta) -> None:
    folders = await asyncio.to_thread(_find_folders, inbox)

    def is_news(change: Change, path: str) -> bool:
        return change is not Change.deleted and not is_ignored(Path(path).name)

    every = max(1, int(rescan.total_seconds() * 1000))
    # watchfiles polls what the system told it. What must stand still for seconds needs not be told in an instant.
    step = int(min(_SLOWEST_STEP, max(_QUICKEST_STEP, settle.total_seconds() * 100)))
    # Left to find the folders itself, watchfiles follows links: one to `/` takes the system's watches and our time.
    events = awatch(
        *folders, watch_filter=is_news, step=step, rust_timeout=every, yield_on_timeout=True, recursive=False
    )

    async def tell() -> None:
        async for changes in events:
            if changes:
                news.set()
            if await asyncio.to_thread(_find_folders, inbox) != folders:
                return

    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell())
        # Its first step puts the watches up: no event tells of a folder that was made between the look and that step.
        await asyncio.sleep(0)
        if await asyncio.to_thread(_find_folders, inbox) != folders:
            telling.cancel()


def _find_folders(inbox: Path) -> dict[Path, int]:
    """The inbox and the folders below it that are listened to, each with what tells it from another in its place."""
    below = walk(inbox, enters=lambda parts: not is_ignored(parts[-1]))
    numbers = {entry.parts: entry.status.st_ino for entry in below if entry.status and stat.S_ISDIR(entry.kind)}
    # watchfiles takes no path that is no text, which Python keeps in surrogates.
    usable = [parts for parts in numbers if not is_ignored(parts[-1]) and not _SURROGATE.search("/".join(parts))]
    return {inbox: inbox.stat().st_ino} | {inbox.joinpath(*parts): numbers[parts] for parts in usable[:_LISTENED_TO]}


async def _wait_for_first(news: asyncio.Event, stop: asyncio.Event, pause: timedelta) -> None:
    waits = [asyncio.create_task(event.wait()) for event in (news, stop)]
    try:
        await asyncio.wait(waits, timeout=pause.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
