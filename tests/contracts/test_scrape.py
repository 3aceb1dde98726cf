"""What a scrape costs: what is on its way, and not what ever was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from jobs.model.glance import Glance
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.standstill import Cause, Foundation, Standstill
from tests.support.builders import INVOICES, NOON
from tests.support.generated_ledger import write_ledger
from tests.support.memory_app import MemoryApp
from tests.support.waiting import PATIENCE
from worker.app.serving import listen, served
from worker.metrics.health import add_metrics
from worker.metrics.series import Series
from worker.metrics.snapshot import Snapshot, take_snapshot
from worker.objects.failures import StorageAway
from worker.storage.ledger import DiskLedger


class WatchedLedger(DiskLedger):
    """Notes at which batches somebody looked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: list[BatchId] = []

    async def glance(self, batch: BatchId) -> Glance:
        self.seen.append(batch)
        return await super().glance(batch)


async def nothing() -> tuple[()]:
    return ()


async def no_jobs() -> dict[str, int]:
    return {}


async def test_a_scrape_looks_at_open_batches_only(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger", 30, 2, 3)
    ledger = WatchedLedger(tmp_path / "ledger")
    tools = replace(MemoryApp().tools, ledger=ledger)
    snapshot = await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)
    assert len(ledger.seen) == 2
    assert snapshot.ever == {INVOICES: 32}
    standing = snapshot.places[INVOICES, State.PREPARED]
    assert (standing.batches, standing.documents) == (2, 6)


async def test_the_space_below_each_folder_is_told_and_one_that_is_gone_hides_none(tmp_path: Path) -> None:
    folders = {"data": tmp_path, "outbox": tmp_path / "gone"}
    snapshot = await take_snapshot(
        MemoryApp().tools, nothing, no_jobs, tuple, nothing, notices=nothing, folders=folders
    )
    assert set(snapshot.spaces) == {"data"}
    assert 0 < snapshot.spaces["data"].free <= snapshot.spaces["data"].size


@pytest.mark.parametrize("is_silent", [True, False])
async def test_where_the_storage_is_away_a_scrape_tells_that_and_what_the_process_itself_counted(
    *, is_silent: bool
) -> None:
    looks = 0

    async def look() -> Snapshot:
        nonlocal looks
        looks += 1
        if is_silent:
            await asyncio.Event().wait()
        raise StorageAway("nobody is there")

    async with scraping(look) as scrape:
        for _ in range(2):
            page = await scrape()
            assert 'zimogs_standstills{cause="storage-away"} 1.0' in page
            assert "zimogs_stories_total{" in page
    # A look that has no end is not begun anew by each scrape.
    assert looks == (1 if is_silent else 2)


async def test_what_took_longer_than_a_scrape_waits_is_told_to_the_next(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger", 0, 1, 2)
    tools = replace(MemoryApp().tools, ledger=DiskLedger(tmp_path / "ledger"))
    answers, looks = asyncio.Event(), 0

    async def look() -> Snapshot:
        nonlocal looks
        looks += 1
        await answers.wait()
        return await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)

    async with scraping(look) as scrape:
        assert "zimogs_unexplained" not in await scrape()
        answers.set()
        async with asyncio.timeout(PATIENCE):
            while "zimogs_unexplained" not in await scrape():
                pass
    assert looks == 1


@asynccontextmanager
async def scraping(look: Callable[[], Awaitable[Snapshot]]) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """What serves that look, which the storage's failure and little patience hold up; gives how a page is got."""
    away = Standstill(subject=Foundation.DATA, cause=Cause.STORAGE_AWAY, since=NOON)
    application, listener = web.Application(), listen("127.0.0.1", 0)
    add_metrics(application, Series([INVOICES]).registry, look, lambda: (away,), patience=0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"
    async with served(application, listener), aiohttp.ClientSession() as http:

        async def scrape() -> str:
            async with http.get(url) as reply:
                assert reply.status == 200
                return await reply.text()

        yield scrape
