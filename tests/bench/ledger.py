"""What years of batches cost: each look, page and start over a ledger of few batches and of many, side by side.

python -m tests.bench.ledger --closed 100000 --few 100
"""

import asyncio
import logging
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated
from urllib.parse import quote

import typer
from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console

from jobs.model.names import batch_id
from jobs.ports import Tools
from tests.bench.starting import measure_command
from tests.bench.starts import measure_start, write_settings
from tests.support.builders import INVOICES
from tests.support.generated_ledger import A_YEARS, documents_of, write_years
from tests.whole.browser import Browser, a_browser
from tests.whole.site import a_site
from worker.app.logs import begin_logging
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
from worker.storage.listed_folder import list_names

_TIMES = 7
_STARTS = 3
_FIRST_LOOKS = 2400
"""Looks, one every two seconds, in which a process looks through all folders and through the index, some with each."""
_GRAIN = 2.5
"""Seconds after which the time of a folder is believed (see `ListedFolder`)."""
_TELL = 5.0
_WHY = """
What costs more over many, and why it does not go on growing: the batch of the first day lies in an archive of up to
2,000, and its page with it; a whole name is put together from the lists of its trigrams; at a start, and in the ten
seconds after it, the folders of the months that are not archived yet are looked through once: those of two months, and
not those of all years.
"""
console = Console(soft_wrap=True, highlight=False, markup=False)
Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """CPU of one piece of work in milliseconds, each time it was done: over few batches, and over many."""

    name: str
    few: tuple[float, ...]
    many: tuple[float, ...]

    def __str__(self) -> str:
        ratio = min(self.many) / min(self.few)
        told = " | ".join(f"{_tell(min(times))} ({_tell(median(times))})" for times in (self.few, self.many))
        return f"| {self.name} | {told} | {ratio:.2f} |"


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


async def bench(few: Path, many: Path, closed: tuple[int, int]) -> list[Row]:
    """Measure everything on both, by turns."""
    rows = []
    async with _house(few, closed[0]) as small, _house(many, closed[1]) as large:
        for house in (small, large):
            await house.ledger.latest(INVOICES)
            await asyncio.sleep(_GRAIN)
            console.print(f"{house.closed} closed batches: the first hour and a half of looks")
            for _ in range(_FIRST_LOOKS):
                await house.ledger.open_batches()
                await house.keeper.update()
        works = [*zip(small.works().items(), large.works().values(), strict=True)]
        for (name, at_few), at_many in works:
            spent: tuple[list[float], list[float]] = [], []
            for _ in range(_TIMES):
                for work, times in zip((at_few, at_many), spent, strict=True):
                    begun = time.process_time()
                    await work()
                    times.append(1000 * (time.process_time() - begun))
            rows.append(Row(name, tuple(spent[0]), tuple(spent[1])))
            console.print(str(rows[-1]))
        for house in (small, large):
            await _note_names(house)
    return rows


async def _note_names(house: House) -> None:
    """Have the index bear for the next start that nothing has come or gone."""
    await house.keeper.update()
    await asyncio.sleep(_GRAIN)
    await house.keeper.update()


def _measure_status(data: Path) -> float:
    """CPU of `zimogs status` in milliseconds."""
    return 1000 * measure_command(("status", "--json", "--config", str(data.parent / "zimogs.toml")))


def bench_programs(few: Path, many: Path) -> list[Row]:
    """The same for whole programs: a command, and a worker that starts and then has nothing to do."""
    commands = [[_measure_status(data) for data in (few, many)] for _ in range(2 * _STARTS)]
    rows = [Row("`zimogs status`, the whole command", *map(tuple, zip(*commands, strict=True)))]
    starts = [[measure_start(data) for data in (few, many)] for _ in range(_STARTS)]
    for place, name in enumerate(("`zimogs run` until it is ready", "and the ten seconds after that")):
        rows.append(Row(name, *(tuple(start[which][place] for start in starts) for which in (0, 1))))
    for row in rows:
        console.print(str(row))
    return rows


async def _scrape(tools: Tools) -> None:
    """What `/metrics` reads of the ledger and writes, with nothing said of queues, seals and messages."""

    async def nothing() -> tuple[()]:
        return ()

    async def no_jobs() -> dict[str, int]:
        return {}

    now = CollectorRegistry()
    now.register(SnapshotCollector(await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)))
    generate_latest(now)


def _tell(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if milliseconds >= 1 else f"{milliseconds:.2f}"


def _name(word: str, name: str) -> str:
    return "for a name" if word == name else "for a hash" if len(word) == 12 else word


async def _require_page(browser: Browser, address: str) -> None:
    page = await browser.open(address)
    if page.status != 200:
        raise RuntimeError(f"{address} answers {page.status}")


@asynccontextmanager
async def _house(data: Path, closed: int) -> AsyncIterator[House]:
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


def _write(data: Path, closed: int, opened: int, documents: int) -> None:
    begun = time.monotonic()
    write_years(data, closed, opened, documents, tell=lambda done: console.print(f"{closed} closed batches: {done}"))
    write_settings(data)
    archives = [*(data / "archives").glob("*.zip")]
    folders = len(list_names(data / "ledger"))
    console.print(
        f"{closed} closed batches written in {time.monotonic() - begun:.0f} s: {len(archives)} archives of "
        f"{sum(path.stat().st_size for path in archives) / 1e6:.0f} MB, {folders} folders"
    )


def main(  # noqa: PLR0917  typer passes by name
    closed: Annotated[int, typer.Option(help="Batches that are over, in the large ledger.")] = 100_000,
    few: Annotated[int, typer.Option(help="And in the small one.")] = 100,
    opened: Annotated[int, typer.Option(help="Batches that wait for approval, in either.")] = 40,
    documents: Annotated[int, typer.Option(help="Documents in each.")] = 3,
    table: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the ledgers here, or use those that are here.")] = None,
) -> None:
    """Measure what a ledger of so many batches costs beside one of few."""
    begin_logging(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as name:
        base = folder or Path(name)
        data = (base / f"{few}" / "data", base / f"{closed}" / "data")
        for place, count in zip(data, (few, closed), strict=True):
            if not place.exists():
                _write(place, count, opened, documents)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = asyncio.run(bench(*data, (few, closed)))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        rows += bench_programs(*data)
        size = (data[1] / "index.sqlite").stat().st_size / 1e6
    lines = [
        f"CPU ms, least of {_TIMES} times (median); {opened} open batches in either, {documents} documents in each.",
        "",
        f"| | {few} closed batches | {closed} closed batches | ratio |",
        "|---|---|---|---|",
        *map(str, rows),
        "",
        f"The index of the large ledger takes {size:.0f} MB on disk; memory grew by {grown:.0f} MB meanwhile.",
        _WHY.rstrip(),
    ]
    text = "\n".join(lines) + "\n"
    console.print(text)
    if table is not None:
        table.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
