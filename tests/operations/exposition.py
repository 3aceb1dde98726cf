"""What zimogs exports: by name, and served by the real routes where nothing has happened yet."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.builders import INVOICES, NOON
from worker.app.serving import listen, served
from worker.metrics.gauges import SnapshotCollector
from worker.metrics.health import add_metrics, add_probes
from worker.metrics.series import Series
from worker.metrics.snapshot import Snapshot

_NOTHING = Snapshot(
    at=NOON,
    places={},
    ever={},
    queues={},
    expiries={},
    untaken={},
    standstills={},
    untold={},
    given_up={},
    spaces={},
)


def exported() -> set[str]:
    """Every metric of ours, by the name that counters and gauges have in a query."""
    now = CollectorRegistry()
    now.register(SnapshotCollector(_NOTHING))
    page = (generate_latest(Series([INVOICES]).registry) + generate_latest(now)).decode()
    families = text_string_to_metric_families(page)
    names = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    return {name for name in names if name.startswith("zimogs_")}


def metric_names(expr: str) -> set[str]:
    """The metrics of an expression; of a histogram the name without its ending."""
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bzimogs_\w+", expr)}


@asynccontextmanager
async def serving_metrics() -> AsyncIterator[str]:
    """Serve `/metrics` for the time of the block; yields host:port."""

    async def take_snapshot() -> Snapshot:
        return _NOTHING

    application = web.Application()
    add_probes(application, {}, tells_why=True)
    add_metrics(application, Series([INVOICES]).registry, take_snapshot)
    listener = listen("127.0.0.1", 0)
    host, port = listener.getsockname()
    async with served(application, listener):
        yield f"{host}:{port}"
