"""`/livez` and `/readyz` for an orchestrator, `/metrics` for Prometheus; no secrets, no names of documents.

Metrics name routes and seals, so they have a listener of their own, apart from the pages that strangers reach.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from jobs.model.standstill import WORDS, Cause, Standstill
from jobs.model.text import Text
from worker.clock import monotonic
from worker.error_text import error_text
from worker.metrics.gauges import FailureCollector, SnapshotCollector
from worker.metrics.snapshot import Snapshot
from worker.queue.causes import cause_of

Check = Callable[[], Awaitable[None]]
"""Returns when all is well; raises with a sentence when not."""
Warn = Callable[[], Text | None]
"""What people should know though the process does its part; None where there is nothing."""

log = structlog.get_logger()
CHECK_TIMEOUT = 3.0
"""Seconds."""
SNAPSHOT_TIMEOUT = 7.0
"""Seconds: Prometheus by itself waits for ten."""
_OUTDATED = 120.0
"""Seconds after a scrape: whoever comes later is not told what was found for that one."""


def add_probes(
    application: web.Application,
    checks: Mapping[str, Check],
    warnings: Mapping[str, Warn] = MappingProxyType({}),
    *,
    tells_why: bool,
) -> None:
    """Serve `/livez` and `/readyz`: `checks` decide readiness, `warnings` do not; neither's words are for strangers."""

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        faults: dict[str, str] = {}
        for name, check in checks.items():
            try:
                await asyncio.wait_for(check(), CHECK_TIMEOUT)
            except Exception as error:  # noqa: BLE001
                # A check may fail in any way its subject can; each means "not ready", with this as the reason.
                cause = cause_of(error)
                log.warning("not ready", check=name, cause=cause, error=error)
                # No more than that: the page may be seen by strangers, and a failure names files.
                faults[name] = WORDS[cause].meaning
        body: dict[str, object] = {"status": "not ready" if faults else "ready"}
        if tells_why:
            body["faults"] = faults
            if told := {name: warning for name, warn in warnings.items() if (warning := warn()) is not None}:
                body["warnings"] = told
        return web.json_response(body, status=503 if faults else 200)

    application.add_routes([web.get("/livez", livez), web.get("/readyz", readyz)])


def add_metrics(
    application: web.Application,
    registry: CollectorRegistry,
    take_snapshot: Callable[[], Awaitable[Snapshot]],
    find_failing: Callable[[], Collection[Standstill]] = tuple,
    *,
    patience: float = SNAPSHOT_TIMEOUT,
) -> None:
    """Serve `/metrics`, filled by `registry` and `take_snapshot`; all who ask while it is filled get the same.

    Where what a snapshot is read off is away, what this process counted itself is told, and what it finds failing.
    """
    filling: asyncio.Task[bytes] | None = None
    snapshots = _Snapshots(take_snapshot, patience)

    async def fill() -> bytes:
        now = CollectorRegistry()
        try:
            now.register(SnapshotCollector(await snapshots.take()))
        except Exception as error:
            if cause_of(error) is Cause.UNEXPECTED:
                raise
            log.warning("no figures of what is on its way", error=error_text(error))
            now.register(FailureCollector([each.cause for each in find_failing()]))
        return generate_latest(registry) + generate_latest(now)

    async def metrics(_: web.Request) -> web.Response:
        nonlocal filling
        # A snapshot reads many files: a crowd must not have one taken for each of it.
        if filling is None or filling.done():
            filling = asyncio.create_task(fill())
        page = await asyncio.shield(filling)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    application.add_routes([web.get("/metrics", metrics)])


class _Snapshots:
    """Takes one at a time, and waits for it for so many seconds; one that takes longer is for whoever asks next.

    Begun anew by each, they would take up all threads, and where each takes too long nobody would ever see any.
    """

    def __init__(self, take_snapshot: Callable[[], Awaitable[Snapshot]], patience: float) -> None:
        self._take_snapshot = take_snapshot
        self._patience = patience
        self._under_way: asyncio.Future[Snapshot] | None = None
        self._asked_at = 0.0

    async def take(self) -> Snapshot:
        """Raises TimeoutError where it takes longer, and what taking one does."""
        is_old, self._asked_at = monotonic() - self._asked_at > _OUTDATED, monotonic()
        if self._under_way is None or (self._under_way.done() and is_old):
            self._under_way = asyncio.ensure_future(self._take_snapshot())
        done, _ = await asyncio.wait({self._under_way}, timeout=self._patience)
        if not done:
            raise TimeoutError
        taken, self._under_way = self._under_way, None
        return taken.result()
