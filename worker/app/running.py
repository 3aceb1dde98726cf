"""Which parts of zimogs run in this process. Their loops are kept running one by one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aiohttp import web

from config.settings import Settings
from jobs.model.names import RouteName
from jobs.ports import Story
from worker.app.serving import listen, served
from worker.app.supervision import Run, Supervisor
from worker.app.wiring import App, opened
from worker.desk import desk_application
from worker.evidence.keeper import keep_for_ever
from worker.inbox.watch import watch
from worker.metrics.health import add_health_routes
from worker.metrics.loops import Loop
from worker.queue.doorbell import SEALING, STORIES
from worker.queue.sweep import sweep_for_ever
from worker.queue.workers import work

SWEEP = timedelta(seconds=2)
"""How long a lost ring of the doorbell can cost."""
_REFRESH_LIMIT = timedelta(minutes=5)
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
    """The running parts and the address its pages are served at."""

    app: App
    address: str


@asynccontextmanager
async def running(
    settings: Settings, parts: frozenset[Part], listener: socket.socket | None = None
) -> AsyncIterator[Running]:
    """Run the parts for the time of the block; `listener` is an already bound socket for the pages.

    The vendor and Redis may be away meanwhile, also at the start. Raises OSError when an address is taken or the
    embedded server does not start.
    """
    served_at = settings.desk if Part.DESK in parts else settings.observed
    listener = listener or listen(served_at.host, served_at.port)
    host, port = listener.getsockname()[:2]
    async with opened(settings) as app:
        application = desk_application(app.desk) if Part.DESK in parts else web.Application()
        supervisor = Supervisor(app.count_restart)
        checks = {**app.checks, "loops": supervisor.check}
        add_health_routes(application, checks, app.series.registry, app.take_snapshot)
        async with served(application, listener), supervisor.keeping(_loops(app, parts)):
            yield Running(app, f"http://{host}:{port}")


def _loops(app: App, parts: frozenset[Part]) -> dict[Loop, Run]:
    """What runs for as long as the process does."""

    async def ring(routes: frozenset[RouteName]) -> None:
        for route in routes:
            await app.tools.doorbell.ring(Story.GATHER, route)

    loops: dict[Loop, Run] = {}
    if Part.WORK in parts:
        loops[Loop.SWEEP] = lambda: sweep_for_ever(app.tools, app.task_runner.backoff, SWEEP)
        loops[Loop.CHECKPOINTS] = lambda: keep_for_ever(app.keeper, _KEEP)
        loops[Loop.STORIES] = lambda: work(app.redis_url, app.task_runner, STORIES)
        loops[Loop.SEALING] = lambda: work(app.redis_url, app.task_runner, SEALING)
    if Part.WATCH in parts:
        rescan = app.settings.inbox.rescan
        loops[Loop.FILE_LIMIT] = lambda: app.file_limit.refresh_for_ever(_REFRESH_LIMIT)
        loops[Loop.WATCH] = lambda: watch(app.make_intake(), ring, stop=asyncio.Event(), rescan=rescan)
    return loops
