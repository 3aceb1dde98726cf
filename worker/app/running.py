"""Which parts of zimogs run in this process. Their loops are kept running one by one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aiohttp import web

from config.settings import Settings
from jobs.model.names import RouteName
from jobs.ports import Story
from worker.api.addresses import PREFIX
from worker.api.application import api_application
from worker.app.freeze_log import tell_freezes
from worker.app.handing_in import forget_for_ever
from worker.app.seal_warnings import warn_daily
from worker.app.serving import listen, served
from worker.app.supervision import Run, Supervisor
from worker.app.wiring import App, opened
from worker.desk.application import desk_application
from worker.evidence.keeper import keep_for_ever
from worker.inbox.watch import OnReceived, take_up_for_ever, watch
from worker.metrics.health import add_metrics, add_probes
from worker.metrics.loops import Loop
from worker.preview.ahead import look_ahead_for_ever
from worker.queue.doorbell import SEALING, STORIES
from worker.queue.reconciling import reconcile_open
from worker.queue.sweep import sweep_for_ever
from worker.queue.workers import work

_INDEX = timedelta(seconds=2)
"""How long the index of all batches may lag behind the ledger."""
SWEEP = timedelta(seconds=2)
"""How long a lost ring of the doorbell can cost."""
_TELL_FREEZES = timedelta(seconds=5)
"""How long the log may not tell yet that sealing is frozen: whoever seals has looked by itself."""
_REFRESH_LIMIT = timedelta(minutes=5)
_LOOK_AT_FOUNDATIONS = timedelta(seconds=10)
_LOOK_AHEAD = timedelta(seconds=2)
"""How often is looked for batches whose documents somebody may come to see."""
_ARCHIVE = timedelta(hours=6)
"""How often is looked for what was settled long ago, and for what is kept no longer."""
_TIDY = timedelta(minutes=30)
"""How often is looked for copies of what machines share that nothing needs any more."""
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

    The vendor and Redis may be away meanwhile, also at the start. Raises OSError when an address is taken or the
    embedded server does not start.
    """
    async with AsyncExitStack() as stack:
        observed = listen(settings.observed.host, settings.observed.port)
        stack.callback(observed.close)
        if Part.DESK in parts:
            listener = listener or listen(settings.desk.host, settings.desk.port)
        app = await stack.enter_async_context(opened(settings))
        supervisor = Supervisor(app.count_restart)
        checks = {**app.checks, "loops": supervisor.check}
        watched = web.Application()
        add_probes(watched, checks, app.warnings, tells_why=True)
        add_metrics(watched, app.series.registry, app.take_snapshot, app.foundations.find_failing)
        await stack.enter_async_context(served(watched, observed))
        if listener is not None:
            api = api_application(app.api) if settings.api.enabled else None
            is_apart = settings.api.port is not None
            pages = desk_application(app.desk, {PREFIX: api} if api is not None and not is_apart else {})
            add_probes(pages, checks, tells_why=False)
            await stack.enter_async_context(served(pages, listener, connections=settings.desk.connections))
            if api is not None and is_apart:
                apart = web.Application()
                apart.add_subapp(PREFIX, api)
                door = listen(settings.api.host, settings.api.port or 0)
                await stack.enter_async_context(served(apart, door, connections=settings.desk.connections))
        await stack.enter_async_context(app.agreement.announced())
        if Part.WORK in parts:
            await stack.enter_async_context(app.presence.announced())
        await stack.enter_async_context(supervisor.keeping(_loops(app, parts)))
        yield Running(app, _address(listener or observed), _address(observed))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def _loops(app: App, parts: frozenset[Part]) -> dict[Loop, Run]:
    """What runs for as long as the process does."""

    async def ring(routes: frozenset[RouteName]) -> None:
        for route in routes:
            await app.tools.doorbell.ring(Story.GATHER, route)

    async def reconcile() -> None:
        await reconcile_open(app.tools)
        # Once is enough for a process: what is restored is restored before it starts.
        await asyncio.Event().wait()

    loops: dict[Loop, Run] = {Loop.FOUNDATIONS: lambda: app.foundations.watch_for_ever(_LOOK_AT_FOUNDATIONS)}
    if app.settings.storage.is_in_bucket:
        loops[Loop.TIDYING] = lambda: app.reach.tidy_for_ever(_TIDY)
    if parts & {Part.WORK, Part.DESK}:
        loops[Loop.INDEX] = lambda: _keep_index(app)
    if Part.WORK in parts:
        loops[Loop.RECONCILING] = reconcile
        loops[Loop.SWEEP] = lambda: sweep_for_ever(app.tools, app.task_runner.backoff, app.standstills, SWEEP)
        loops[Loop.SEAL_WARNINGS] = lambda: warn_daily(app.seals)
        loops[Loop.FREEZES] = lambda: tell_freezes(app.tools.freezes, app.name_approver, _TELL_FREEZES)
        loops |= _upkeep(app, ring)
        loops[Loop.NOTICES] = app.tell_others
        loops[Loop.STORIES] = lambda: work(app.redis_url, app.task_runner, app.cipher, STORIES)
        loops[Loop.SEALING] = lambda: work(app.redis_url, app.task_runner, app.cipher, SEALING)
    if Part.DESK in parts:
        keeps = app.settings.inbox.keep_originals
        previews, ledger, age = app.previews, app.tools.ledger, app.tools.age
        loops[Loop.PREVIEWS] = lambda: look_ahead_for_ever(previews, ledger, age, _LOOK_AHEAD, keeps=keeps)
        loops[Loop.KEYS] = lambda: forget_for_ever(app.handing_in, app.settings.api.keep_idempotency)
    if parts & {Part.WATCH, Part.DESK}:
        loops[Loop.FILE_LIMIT] = lambda: app.file_limit.refresh_for_ever(_REFRESH_LIMIT)
    if Part.WATCH in parts:
        rescan = app.settings.inbox.rescan
        loops |= _other_ways_in(app)
        loops[Loop.WATCH] = lambda: watch(app.make_intake(), ring, stop=asyncio.Event(), rescan=rescan)
    return loops


def _other_ways_in(app: App) -> dict[Loop, Run]:
    loops: dict[Loop, Run] = {}
    if app.settings.queue.enabled:
        loops[Loop.STREAM] = app.take_from_stream
    if app.settings.inboxes:
        loops[Loop.PLACES] = app.take_from_places
    return loops


async def _keep_index(app: App) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(app.reach.follow_ledger(_INDEX))
        group.create_task(app.index_keeper.keep_for_ever(_INDEX))


def _upkeep(app: App, ring: OnReceived) -> dict[Loop, Run]:
    """What is done to the ledger itself, and where machines share a bucket, to what others left behind in it."""
    upkeep: dict[Loop, Run] = {
        Loop.CHECKPOINTS: lambda: keep_for_ever(app.keeper, _KEEP),
        Loop.ARCHIVE: lambda: app.archiving.go_on_for_ever(_ARCHIVE),
    }
    if app.settings.storage.is_in_bucket:
        # Whoever watches an inbox takes up what is left by others, too: this is for the machine that does not.
        upkeep[Loop.WATCH] = lambda: take_up_for_ever(app.make_intake(), ring, SWEEP)
    return upkeep
