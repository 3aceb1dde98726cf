"""`/livez` and `/readyz` for an orchestrator, `/metrics` for Prometheus; no secrets, no names of documents.

Metrics name routes and seals, so they have a listener of their own, apart from the pages that strangers reach.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from jobs.model.standstill import WORDS
from jobs.model.text import Text
from worker.metrics.gauges import SnapshotCollector
from worker.metrics.snapshot import Snapshot
from worker.queue.causes import cause_of

Check = Callable[[], Awaitable[None]]
"""Returns when all is well; raises with a sentence when not."""
Warn = Callable[[], Text | None]
"""What people should know though the process does its part; None where there is nothing."""

log = structlog.get_logger()
CHECK_TIMEOUT = 3.0
"""Seconds."""


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
    application: web.Application, registry: CollectorRegistry, take_snapshot: Callable[[], Awaitable[Snapshot]]
) -> None:
    """Serve `/metrics`, filled by `registry` and `take_snapshot`; all who ask while it is filled get the same."""
    filling: asyncio.Task[bytes] | None = None

    async def fill() -> bytes:
        now = CollectorRegistry()
        now.register(SnapshotCollector(await take_snapshot()))
        return generate_latest(registry) + generate_latest(now)

    async def metrics(_: web.Request) -> web.Response:
        nonlocal filling
        # A snapshot reads many files: a crowd must not have one taken for each of it.
        if filling is None or filling.done():
            filling = asyncio.create_task(fill())
        page = await asyncio.shield(filling)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    application.add_routes([web.get("/metrics", metrics)])
