"""The inbox is watched: what is dropped is noticed, whatever happens to folders and events."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from jobs.model.names import RouteName
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.waiting import PATIENCE, until
from tests.whole.station import ORDERS, Station
from worker.inbox.watch import watch

PDF = a_pdf("an invoice")
SOON, NEVER = timedelta(seconds=0.05), timedelta(hours=1)
"""How often everything is looked at anew."""


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@asynccontextmanager
async def watched(station: Station, rescan: timedelta) -> AsyncIterator[asyncio.Queue[frozenset[RouteName]]]:
    """Watch for the time of the block; gives what `on_received` was told."""
    told: asyncio.Queue[frozenset[RouteName]] = asyncio.Queue()
    stop = asyncio.Event()
    watching = asyncio.create_task(watch(station.intake, told.put, stop=stop, rescan=rescan))
    await until((station.folder / ORDERS).is_dir)
    try:
        yield told
    finally:
        stop.set()
        await asyncio.wait_for(watching, PATIENCE)


async def within_reason(told: Awaitable[frozenset[RouteName]]) -> frozenset[RouteName]:
    return await asyncio.wait_for(told, PATIENCE)


async def drop_until_told(
    station: Station, told: asyncio.Queue[frozenset[RouteName]], name: str | bytes
) -> frozenset[RouteName]:
    """Drop files named by numbers until one is told: while the listener begins anew, only a rescan would find them."""

    async def drop_on() -> frozenset[RouteName]:
        for number in count():
            station.drop(name % number, a_pdf(f"{name!r} {number}"))
            await asyncio.sleep(0.01)
            if told.qsize():
                return await told.get()
        raise AssertionError("numbers do not run out")

    while told.qsize():
        told.get_nowait()
    return await within_reason(drop_on())


async def test_the_routes_that_received_something_are_told(station: Station) -> None:
    async with watched(station, SOON) as told:
        station.drop("invoices/a.pdf", PDF)
        assert await within_reason(told.get()) == {INVOICES}
        station.drop("orders/a.pdf", PDF)
        assert await within_reason(told.get()) == {ORDERS}


async def test_an_event_wakes_it_long_before_the_next_rescan(station: Station) -> None:
    async with watched(station, NEVER) as told:
        assert await drop_until_told(station, told, "invoices/%d.pdf") == {INVOICES}


async def test_events_go_on_after_a_name_that_is_no_text(station: Station) -> None:
    async with watched(station, NEVER) as told:
        for name in (b"caf\xe9 %d.pdf", b"a %d.pdf", b"t\xeb %d.pdf", b"b %d.pdf"):
            assert await drop_until_told(station, told, b"invoices/" + name) == {INVOICES}


async def test_what_lay_there_before_is_found_without_any_event(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    async with watched(station, NEVER) as told:
        assert await within_reason(told.get()) == {INVOICES}


async def test_an_inbox_that_vanishes_and_comes_back_is_watched_on(station: Station) -> None:
    async with watched(station, SOON) as told:
        for number in range(3):
            shutil.rmtree(station.folder)
            await asyncio.sleep(SOON.total_seconds())
            station.drop("invoices/a.pdf", a_pdf(str(number)))
            assert await within_reason(told.get()) == {INVOICES}


async def test_events_of_new_folders_are_told_too(station: Station) -> None:
    async with watched(station, NEVER) as told:
        assert await drop_until_told(station, told, "invoices/2026/%d/a.pdf") == {INVOICES}
        assert await drop_until_told(station, told, "invoices/2026/0/%d.pdf") == {INVOICES}


async def test_a_link_leads_the_listener_nowhere(station: Station, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / "elsewhere" / str(number)).mkdir(parents=True)
    (station.drop("invoices/a.pdf", PDF).parent / "away").symlink_to(tmp_path / "elsewhere")
    async with watched(station, NEVER) as told:
        assert await within_reason(told.get()) == {INVOICES}
        await until(lambda: listened_to() >= 3)
        assert listened_to() < 10


def listened_to() -> int:
    """Folders that this process has the system tell it about (proc(5), fdinfo)."""
    told = 0
    for path in Path("/proc/self/fdinfo").iterdir():
        with suppress(FileNotFoundError):
            told += path.read_text().count("inotify wd:")
    return told


async def test_a_file_where_a_route_has_its_folder_is_put_aside_and_does_not_end_the_watch(station: Station) -> None:
    station.drop("invoices", b"a file")
    async with watched(station, SOON) as told:
        await until((station.folder / INVOICES).is_dir)
        assert (station.quarantined / "_unrouted/invoices").read_bytes() == b"a file"
        station.drop("invoices/a.pdf", PDF)
        assert await within_reason(told.get()) == {INVOICES}


async def test_a_stop_is_obeyed_long_before_the_next_rescan(station: Station) -> None:
    async with watched(station, NEVER) as told:
        assert told.empty()


async def test_a_cancelled_watch_leaves_no_task_behind(station: Station) -> None:
    tasks = asyncio.all_tasks()
    watching = asyncio.create_task(
        watch(station.intake, asyncio.Queue[frozenset[RouteName]]().put, stop=asyncio.Event(), rescan=NEVER)
    )
    await until((station.folder / ORDERS).is_dir)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert asyncio.all_tasks() == tasks
