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
from worker.inbox.scanning import Inbox
from worker.storage.durable import make_folder

OnReceived = Callable[[frozenset[RouteName]], Awaitable[None]]


async def watch(intake: Intake, on_received: OnReceived, *, stop: asyncio.Event, rescan: timedelta) -> None:
    """Sweep the inbox until `stop` is set, and tell which routes received something after each sweep that did."""
    inbox = intake.inbox
    await asyncio.to_thread(_make_folders, inbox)
    bell = asyncio.Event()
    listener = asyncio.create_task(_listen(inbox.folder, bell, rescan))
    try:
        while not stop.is_set():
            bell.clear()
            sweep = await intake.sweep()
            if sweep.routes:
                await on_received(sweep.routes)
            await _first_of(bell, stop, min(rescan, inbox.settle or rescan) if sweep.unsettled else rescan)
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener


def _make_folders(inbox: Inbox) -> None:
    for route in inbox.routes:
        make_folder(inbox.folder / route)


async def _listen(folder: Path, bell: asyncio.Event, rescan: timedelta) -> None:
    """Ring at every change; begin anew whenever the folder was replaced, since events stay with the old one."""
    while True:
        # watchfiles raises OSError for a missing folder or a full watch table, RuntimeError for all else.
        with suppress(OSError, RuntimeError):
            await _listen_to(folder, bell, rescan)
        await asyncio.sleep(rescan.total_seconds())


async def _listen_to(folder: Path, bell: asyncio.Event, rescan: timedelta) -> None:
    identity = (await asyncio.to_thread(folder.stat)).st_ino
    every = max(1, int(rescan.total_seconds() * 1000))
    async for changes in awatch(folder, watch_filter=_is_news, rust_timeout=every, yield_on_timeout=True):
        if changes:
            bell.set()
        if (await asyncio.to_thread(folder.stat)).st_ino != identity:
            return


def _is_news(change: Change, path: str) -> bool:
    return change is not Change.deleted and not is_ignored(Path(path).name)


async def _first_of(bell: asyncio.Event, stop: asyncio.Event, pause: timedelta) -> None:
    waits = [asyncio.create_task(event.wait()) for event in (bell, stop)]
    try:
        await asyncio.wait(waits, timeout=pause.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
