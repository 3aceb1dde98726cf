"""One data folder of the bench of the ledger, with a desk and a signed-in browser: all that is measured in it."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console

from jobs.model.names import batch_id
from jobs.ports import Tools
from tests.support.builders import INVOICES
from tests.support.generated_ledger import A_YEARS, documents_of
from tests.whole.browser import Browser, a_browser
from tests.whole.site import a_site
from worker.app.serving import listen, served
from worker.desk.application import desk_application
from worker.metrics.gauges import SnapshotCollector
from worker.metrics.snapshot import take_snapshot
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep
from worker.storage.index.batch_index import BatchFilter, BatchIndex
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.index.keeper import IndexKeeper
from worker.storage.ledger import DiskLedger

_TELL = 5.0
console = Console(soft_wrap=True, highlight=False, markup=False)
Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class House:
    """One data folder with its ledger, its index, and a signed-in browser at its desk."""

    data: Path
    closed: int
    ledger: DiskLedger
    index: BatchIndex
    keeper: IndexKeeper
    tools: Tools
    browser: Browser
    url: str
    backoff: Backoff

    def works(self) -> dict[str, Work]:
        """What is measured in this process, by name."""
        (document,) = documents_of(max(1, self.closed // 2), 1, apart=A_YEARS)
        pages = ["/", "/batches", "/batches?page=2", "/batches?standing=sealed", "/batches?standing=partly-sealed"]
        pages += ["/batches?since=2025-01-02"]
        pages += ["/batches?standing=not-sealed", f"/batches/{batch_id(INVOICES, 1)}"]
        words = ["rekins", "berzins", document.name, document.sha256.hex[:12], "2025-01-02", "bad1234567"]
        return {
            "one sweep": lambda: sweep(self.tools, self.backoff),
            "one scrape": lambda: _scrape(self.tools),
            "the index kept: one look": self.keeper.update,
            "a batch of the first day is read by a new process": lambda: DiskLedger(self.data / "ledger").read(
                batch_id(INVOICES, 1)
            ),
            "which batch held a document": lambda: self.index.find_batch(document.id),
            "was this content seen before": lambda: self.index.find_content([document.sha256.hex]),
            "a page of the API's list of documents": lambda: self.index.list_documents([INVOICES], document.id, 100),
            **{f"GET {path}": partial(_require_page, self.browser, self.url + path) for path in pages},
            **{
                f"search {_name(word, document.name)}": partial(
                    _require_page, self.browser, f"{self.url}/search?q={quote(word)}"
                )
                for word in words
            },
            "first look at the ledger by a new process": lambda: DiskLedger(self.data / "ledger").open_batches(),
            "number of the newest batch, by a new process": lambda: DiskLedger(self.data / "ledger").latest(INVOICES),
            "the index at a start": self._start,
            "the index at a start, when a batch came or went meanwhile": self._start_with_changes,
        }

    async def _start(self) -> None:
        await IndexKeeper(DiskLedger(self.data / "ledger"), self.data / "ledger", self.index).update()

    async def _start_with_changes(self) -> None:
        (self.data / "ledger").touch()
        await self._start()


@asynccontextmanager
async def a_house(data: Path, closed: int) -> AsyncIterator[House]:
    """A signed-in browser at a desk over that ledger."""
    ledger, index = DiskLedger(data / "ledger"), BatchIndex(data)
    keeper = IndexKeeper(ledger, data / "ledger", index)
    begun = time.process_time()
    async with _told(index, closed):
        await keeper.update()
    console.print(f"{closed} closed batches: index made or compared in {time.process_time() - begun:.0f} s of CPU")
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as name:
        async with a_site(Path(name) / "vendor", Path(name) / "site") as site, a_browser() as browser:
            await site.sign_in(browser)
            tools = replace(site.tools, ledger=ledger, age=lambda _: timedelta(0))
            listener = listen("127.0.0.1", 0)
            desk = replace(site.desk, tools=tools, index=index)
            async with served(desk_application(desk), listener):
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                yield House(data, closed, ledger, index, keeper, tools, browser, url, Backoff())


@asynccontextmanager
async def _told(index: BatchIndex, closed: int) -> AsyncIterator[None]:
    """Tell how far the index is, every few seconds."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(_TELL)
            with suppress(IndexUnusable, TooMuchWork):
                known = (await index.list_batches(BatchFilter(frozenset({INVOICES})))).total
                console.print(f"{closed} closed batches: {known} in the index")

    teller = asyncio.create_task(tell())
    try:
        yield
    finally:
        teller.cancel()


async def _scrape(tools: Tools) -> None:
    """What `/metrics` reads of the ledger and writes, with nothing said of queues, seals and messages."""

    async def nothing() -> tuple[()]:
        return ()

    async def no_jobs() -> dict[str, int]:
        return {}

    now = CollectorRegistry()
    now.register(SnapshotCollector(await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)))
    generate_latest(now)


def _name(word: str, name: str) -> str:
    return "for a name" if word == name else "for a hash" if len(word) == 12 else word


async def _require_page(browser: Browser, address: str) -> None:
    page = await browser.open(address)
    if page.status != 200:
        raise RuntimeError(f"{address} answers {page.status}")
