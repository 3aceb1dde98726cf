"""What years of batches cost: CPU of each look at a generated ledger, and of the desk's pages over it.

python -m tests.bench.ledger --closed 10000 --opened 40 --documents 10
"""

import asyncio
import logging
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated
from urllib.parse import quote

import typer
from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console
from rich.table import Table

from jobs.ports import Tools
from tests.support.builders import INVOICES
from tests.support.generated_ledger import documents_of, write_ledger
from tests.whole.browser import Browser, a_browser
from tests.whole.site import a_site
from worker.app.logs import begin_logging
from worker.app.serving import listen, served
from worker.desk.application import desk_application
from worker.metrics.gauges import SnapshotCollector
from worker.metrics.snapshot import take_snapshot
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.keeper import IndexKeeper
from worker.storage.ledger import DiskLedger

_TIMES = 5
Work = Callable[[], Awaitable[object]]


class Costs:
    """CPU of this process for each piece of work, in milliseconds; the practice vendor and the browser are in it."""

    def __init__(self) -> None:
        self.table = Table("", "CPU ms")

    async def measure(self, name: str, work: Work, times: int = _TIMES) -> None:
        """Do it so often; the median counts."""
        spent = []
        for _ in range(times):
            begun = time.process_time()
            await work()
            spent.append(1000 * (time.process_time() - begun))
        self.table.add_row(name, f"{median(spent):.1f}")


async def bench(data: Path, costs: Costs) -> None:
    """Measure everything on the ledger in that data folder."""
    ledger, index = DiskLedger(data / "ledger"), BatchIndex(data)
    await costs.measure("first look at the ledger by a new process", lambda: DiskLedger(data / "ledger").open_batches())
    await costs.measure("number of the newest batch, by a new process", lambda: _new(data).latest(INVOICES))
    keeper = IndexKeeper(ledger, data / "ledger", index)
    await costs.measure("the index made anew", keeper.update, 1)
    await costs.measure("the index kept: one look", keeper.update)
    again = IndexKeeper(_new(data), data / "ledger", index)
    await costs.measure("the index compared at a start", again.update, 1)
    (document,) = documents_of(1, 1)
    await costs.measure("which batch held a document", lambda: index.find_batch(document.id))
    await costs.measure("was this content seen before", lambda: index.find_content([document.sha256.hex]))
    async with _desk(data, ledger, index) as (tools, browser, url):
        backoff = Backoff()
        await costs.measure("one sweep", lambda: sweep(tools, backoff))
        await costs.measure("one scrape", lambda: _scrape(tools))
        for path in ("/", "/batches", "/batches?page=400", "/batches?standing=partly-sealed"):
            await costs.measure(f"GET {path}", partial(_require_page, browser, url + path))
        for question in ("rekins", "berzins", document.name, document.sha256.hex[:12], "2025-03", "bad1234567"):
            address = f"{url}/search?q={quote(question)}"
            await costs.measure(f"search {question}", partial(_require_page, browser, address))


async def _scrape(tools: Tools) -> None:
    """What `/metrics` reads of the ledger and writes, with nothing said of queues, seals and messages."""

    async def nothing() -> tuple[()]:
        return ()

    async def no_jobs() -> dict[str, int]:
        return {}

    now = CollectorRegistry()
    now.register(SnapshotCollector(await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)))
    generate_latest(now)


def _new(data: Path) -> DiskLedger:
    return DiskLedger(data / "ledger")


async def _require_page(browser: Browser, address: str) -> None:
    page = await browser.open(address)
    if page.status != 200:
        raise RuntimeError(f"{address} answers {page.status}")


@asynccontextmanager
async def _desk(data: Path, ledger: DiskLedger, index: BatchIndex) -> AsyncIterator[tuple[Tools, Browser, str]]:
    """A signed-in browser at a desk over that ledger."""
    async with a_site(data / "vendor", data / "site") as site, a_browser() as browser:
        await site.sign_in(browser)
        tools = replace(site.tools, ledger=ledger, age=lambda _: timedelta(0))
        listener = listen("127.0.0.1", 0)
        desk = replace(site.desk, tools=tools, index=index)
        async with served(desk_application(desk), listener):
            yield tools, browser, f"http://127.0.0.1:{listener.getsockname()[1]}"


def main(
    closed: Annotated[int, typer.Option(help="Batches that are over.")] = 10_000,
    opened: Annotated[int, typer.Option(help="Batches that wait for approval.")] = 40,
    documents: Annotated[int, typer.Option(help="Documents in each.")] = 10,
) -> None:
    """Measure what a ledger of so many batches costs."""
    begin_logging(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as name:
        data, costs = Path(name), Costs()
        (data / "site").mkdir()
        write_ledger(data / "ledger", closed, opened, documents)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        asyncio.run(bench(data, costs))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        size = (data / "index.sqlite").stat().st_size / 1e6
        costs.table.title = f"{closed} closed and {opened} open batches of {documents} documents"
        console = Console()
        console.print(costs.table)
        console.print(f"The index takes {size:.0f} MB on disk; memory grew by {grown:.0f} MB.")


if __name__ == "__main__":
    typer.run(main)
