"""File in, sealed file out: `zimogs run`, a real Valkey, the practice vendor, and a real Chromium at the desk."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright
from redis.asyncio import Redis

from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from tests.whole.rehearsal import ZIMOGS, zimogs
from tests.whole.running_house import RunningHouse, a_running_house, until
from worker.demo.invoices import write_invoices
from worker.demo.person import LostOnPage
from worker.demo.plan import ROUTE

FIRST = batch_id(ROUTE, 1)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    async with a_running_house(tmp_path) as running:
        yield running


@pytest.fixture
async def page(program: Callable[[str], str]) -> AsyncIterator[Page]:
    """A page in a real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        yield await browser.new_page()
        await browser.close()


async def test_a_person_signs_in_enrols_approves_and_finds_sealed_files(
    house: RunningHouse, page: Page, tmp_path: Path
) -> None:
    await page.goto(house.settings.desk.public_url)
    await page.click("form[action='/sign-in'] button")
    await page.click("button[value=mobileid]")
    await page.click("#login-anna")
    await page.click("#confirm")
    await page.click("form[action='/seals/enrol'] button")
    await page.wait_for_selector("form[action='/sign-out']")
    await house.drop(*write_invoices(tmp_path / "invoices", 5))
    await until(lambda: _waiting(house, 5))
    await page.reload()
    await page.click(f"form[action='/routes/{ROUTE}/gather'] button")
    await until(lambda: _is(house, State.PREPARED))
    await page.goto(f"{house.settings.desk.public_url}/batches/{FIRST}")
    await page.click(f"form[action='/batches/{FIRST}/approve'] button")
    await page.fill("#password", "parole")
    await page.click("#approve")
    await until(house.settled)
    await page.goto(f"{house.settings.desk.public_url}/batches/{FIRST}")
    assert "rēķins-2026-00001.pdf" in await page.inner_text("main")
    assert len(house.outbox()) == 5
    assert zimogs("verify", "--config", house.config, *house.outbox()).code == 0
    counters = await house.vendor.counters()
    assert (counters["authorizations"], counters["signature_calls"]) == (1, 1)


async def test_a_killed_house_goes_on_where_it_stood(house: RunningHouse, tmp_path: Path) -> None:
    await _gather(house, write_invoices(tmp_path / "invoices", 3))
    await until(lambda: _begun(house))
    await house.end(signal.SIGKILL)
    await house.start()
    await until(lambda: _is(house, State.PREPARED))
    await house.rehearsal.approve(FIRST)
    await house.end(signal.SIGKILL)
    await house.start()
    await until(lambda: _approved_again(house))
    assert len(house.outbox()) == 3
    assert zimogs("audit", "verify", "--config", house.config).code == 0


async def test_a_flushed_redis_loses_nothing(house: RunningHouse, tmp_path: Path) -> None:
    await _gather(house, write_invoices(tmp_path / "invoices", 3))
    await until(lambda: _begun(house))
    await _flush(house)
    await until(lambda: _is(house, State.PREPARED))
    await _flush(house)
    await house.rehearsal.approve(FIRST)
    await until(house.settled)
    assert len(house.outbox()) == 3


async def test_a_person_at_a_terminal_follows_a_batch_to_its_end(house: RunningHouse, tmp_path: Path) -> None:
    await _gather(house, write_invoices(tmp_path / "invoices", 2))
    await until(lambda: _is(house, State.PREPARED))
    follower = await asyncio.create_subprocess_exec(
        ZIMOGS, "approve", FIRST, "--wait", "60", "--config", house.config, stdout=asyncio.subprocess.PIPE
    )
    assert follower.stdout is not None
    assert await follower.stdout.readline() == b"Approve 2 documents at\n"
    await house.rehearsal.approve(FIRST)
    assert b"delivered" in await follower.stdout.read()
    assert await follower.wait() == os.EX_OK


async def test_a_house_that_is_told_to_stop_ends_in_order(house: RunningHouse) -> None:
    assert await house.end(signal.SIGTERM) == os.EX_OK


async def _gather(house: RunningHouse, files: Sequence[Path]) -> None:
    """Sign in, enrol the seal, drop the files and have the desk make one batch of them."""
    await house.rehearsal.sign_in()
    await house.rehearsal.enrol()
    await house.drop(*files)
    await until(lambda: _waiting(house, len(files)))
    await house.rehearsal.gather(ROUTE)


async def _waiting(house: RunningHouse, count: int) -> bool:
    return len(await house.disk.shelf.waiting(ROUTE)) == count


async def _begun(house: RunningHouse) -> bool:
    return await house.disk.ledger.latest(ROUTE) == 1


async def _is(house: RunningHouse, state: State) -> bool:
    return await _begun(house) and (await house.history(FIRST)).state is state


async def _approved_again(house: RunningHouse) -> bool:
    """Approve whenever the batch waits for it: the kill may have hit before or after the values were kept."""
    if await _is(house, State.PREPARED):
        # The first approval may still be queued, and be used between our look and the page.
        with suppress(LostOnPage):
            await house.rehearsal.approve(FIRST)
    return await house.settled()


async def _flush(house: RunningHouse) -> None:
    async with Redis.from_url(f"unix://{house.settings.folders.data / 'redis' / 'valkey.sock'}") as redis:
        await redis.flushall()
