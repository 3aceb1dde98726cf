"""Which parts of zimogs run in this process, and keeping them alive together: when one dies, the process ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from aiohttp import web

from config.settings import Settings
from jobs.model.names import RouteName
from jobs.ports import Story
from worker.app.seal_warnings import warn_daily
from worker.app.serving import listen, served
from worker.app.wiring import App, opened
from worker.desk import desk_application
from worker.evidence.keeper import keep_for_ever
from worker.inbox.watch import watch
from worker.metrics.health import add_metrics, add_probes
from worker.queue.reconciling import reconcile_open
from worker.queue.sweep import sweep_for_ever
from worker.queue.workers import working

SWEEP = timedelta(seconds=2)
"""How long a lost ring of the doorbell can cost."""
_REFRESH_LIMIT = timedelta(minutes=5)
_LOOK_AT_FOUNDATIONS = timedelta(seconds=10)
_KEEP = timedelta(minutes=1)
"""How long a sealed checkpoint may lie without its copy; a new one is made once a day."""


class Part(StrEnum):
    """A part that can run alone or together with the others."""

    WATCH = "watch"
    WORK = "work"
    DESK = "desk"


EVERYTHING = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Running:
    """The running parts, the address their pages are served at, and the one of `/metrics`."""

    app: App
    address: str
    observed_at: str


@asynccontextmanager
async def running(
    settings: Settings, parts: frozenset[Part], listener: socket.socket | None = None
) -> AsyncIterator[Running]:
    """Run the parts for the time of the block; `listener` is an already bound socket for the pages.

    Raises OSError when an address is taken or a server cannot be reached, and ExceptionGroup when a part dies.
    """
    async with AsyncExitStack() as stack:
        observed = listen(settings.observed.host, settings.observed.port)
        stack.callback(observed.close)
        if Part.DESK in parts:
            listener = listener or listen(settings.desk.host, settings.desk.port)
        app = await stack.enter_async_context(opened(settings))
        watched = web.Application()
        add_probes(watched, app.checks, tells_why=True)
        add_metrics(watched, app.series.registry, app.take_snapshot)
        await stack.enter_async_context(served(watched, observed))
        if listener is not None:
            pages = desk_application(app.desk)
            add_probes(pages, app.checks, tells_why=False)
            await stack.enter_async_context(served(pages, listener, connections=settings.desk.connections))
        await stack.enter_async_context(_loops(app, parts))
        yield Running(app, _address(listener or observed), _address(observed))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


@asynccontextmanager
async def _loops(app: App, parts: frozenset[Part]) -> AsyncIterator[None]:
    """Work and watch for the time of the block."""

    async def ring(routes: frozenset[RouteName]) -> None:
        for route in routes:
            await app.tools.doorbell.ring(Story.GATHER, route)

    async with asyncio.TaskGroup() as group:
        loops: list[Coroutine[Any, Any, None]] = [app.foundations.watch_for_ever(_LOOK_AT_FOUNDATIONS)]
        if Part.WORK in parts:
            loops.append(reconcile_open(app.tools))
            loops.append(sweep_for_ever(app.tools, app.task_runner.backoff, SWEEP))
            loops.append(warn_daily(app.seals))
            loops.append(keep_for_ever(app.keeper, _KEEP))
        if Part.WATCH in parts:
            loops.append(app.file_limit.refresh_for_ever(_REFRESH_LIMIT))
            loops.append(watch(app.intake, ring, stop=asyncio.Event(), rescan=app.settings.inbox.rescan))
        tasks = [group.create_task(loop) for loop in loops]
        try:
            async with AsyncExitStack() as stack:
                if Part.WORK in parts:
                    await stack.enter_async_context(app.presence.announced())
                    await stack.enter_async_context(working(app.redis_url, app.task_runner, app.cipher))
                yield
        finally:
            for task in tasks:
                task.cancel()
