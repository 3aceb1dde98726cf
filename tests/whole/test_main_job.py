"""File in, sealed file out: `zimogs run`, a real Valkey, the practice vendor, and a real Chromium at the desk."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright
from redis.asyncio import Redis

from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from tests.whole.rehearsal import ZIMOGS, run_command
from tests.whole.running_app import RunningApp, a_running_app, until
from worker.demo.invoices import write_invoices
from worker.demo.person import LostOnPage
from worker.demo.plan import ROUTE

FIRST = batch_id(ROUTE, 1)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture
async def app(tmp_path: Path, practice_keys: Path) -> AsyncIterator[RunningApp]:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "keys").symlink_to(practice_keys)
    async with a_running_app(tmp_path) as running:
        yield running


@pytest.fixture
async def page(program: Callable[[str], str]) -> AsyncIterator[Page]:
    """A page in a real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        yield await browser.new_page()
        await browser.close()


async def test_a_person_signs_in_enrols_approves_and_finds_sealed_files(
    app: RunningApp, page: Page, tmp_path: Path
) -> None:
    await page.goto(app.settings.desk.public_url)
    await page.click("form[action='/sign-in'] button")
    await page.click("button[value=mobileid]")
    await page.click("#login-anna")
    await page.click("#confirm")
    await page.click("form[action='/seals/enrol'] button")
    await page.wait_for_selector("form[action='/sign-out']")
    await app.drop(*write_invoices(tmp_path / "invoices", 5))
    await until(lambda: _waiting(app, 5))
    await page.reload()
    await page.click(f"form[action='/routes/{ROUTE}/gather'] button")
    await until(lambda: _is(app, State.PREPARED))
    await page.goto(f"{app.settings.desk.public_url}/batches/{FIRST}")
    await page.click(f"form[action='/batches/{FIRST}/approve'] button")
    await page.fill("#password", "parole")
    await page.click("#approve")
    await until(app.settled)
    await page.goto(f"{app.settings.desk.public_url}/batches/{FIRST}")
    assert "rēķins-2026-00001.pdf" in await page.inner_text("main")
    assert len(app.outbox()) == 5
    assert run_command("verify", "--config", app.config, *app.outbox()).code == 0
    counters = await app.vendor.counters()
    assert (counters["authorizations"], counters["signature_calls"]) == (1, 1)
    # Five documents, and the hash by which the seal was tried as it was enrolled: each session is closed once.
    assert (counters["calls"]["close"], counters["sessions_open"]) == (6, 0)
    assert not _what_redis_keeps(app, app.person.persona.personal_code, '"code"')


async def test_a_killed_app_goes_on_where_it_stood_and_tells_what_came_of_it(
    app: RunningApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _gather(app, write_invoices(tmp_path / "invoices", 3))
    await until(lambda: _begun(app))
    await app.end(signal.SIGKILL)
    told = tmp_path / "told"
    monkeypatch.setenv("ZIMOGS_HOOKS__ARCHIVE__COMMAND", json.dumps(["sh", "-c", 'cat >> "$0"', str(told)]))
    monkeypatch.setenv("ZIMOGS_HOOKS__ARCHIVE__KINDS", '["batch.done", "document.sealed"]')
    await app.start()
    await until(lambda: _is(app, State.PREPARED))
    await app.person.approve(FIRST)
    await app.end(signal.SIGKILL)
    await app.start()
    await until(lambda: _approved_again(app))
    assert len(app.outbox()) == 3
    assert run_command("audit", "verify", "--config", app.config).code == 0
    await until(lambda: asyncio.to_thread(_kinds_in, told, 4))
    assert sorted(_kinds_in(told, 4)) == ["batch.done", *["document.sealed"] * 3]


def _kinds_in(told: Path, most: int) -> list[str]:
    """What was told, once it is as much as that; nothing before."""
    kinds = re.findall(r'"type":"([a-z.]+)"', told.read_text()) if told.exists() else []
    return kinds if len(kinds) >= most else []


async def test_a_flushed_redis_loses_nothing(app: RunningApp, tmp_path: Path) -> None:
    await _gather(app, write_invoices(tmp_path / "invoices", 3))
    await until(lambda: _begun(app))
    await _flush(app)
    await until(lambda: _is(app, State.PREPARED))
    await _flush(app)
    await app.person.approve(FIRST)
    await until(app.settled)
    assert len(app.outbox()) == 3


async def test_a_freeze_outlives_a_kill_and_nothing_is_signed_until_it_is_lifted(
    app: RunningApp, tmp_path: Path
) -> None:
    await _gather(app, write_invoices(tmp_path / "invoices", 2))
    await until(lambda: _is(app, State.PREPARED))
    assert run_command("freeze", "--config", app.config, "--reason", "an audit").code == 0
    await app.end(signal.SIGKILL)
    await app.start()
    with pytest.raises(LostOnPage, match="froze all sealing: an audit"):
        await app.person.approve(FIRST)
    assert (await app.vendor.counters())["signature_calls"] == 0
    assert run_command("unfreeze", "--config", app.config).code == 0
    await app.person.approve(FIRST)
    await until(app.settled)
    assert len(app.outbox()) == 2
    await until(lambda: _logged(app, "sealing frozen"))
    await until(lambda: _logged(app, "sealing goes on"))


async def test_a_person_at_a_terminal_follows_a_batch_to_its_end(app: RunningApp, tmp_path: Path) -> None:
    await _gather(app, write_invoices(tmp_path / "invoices", 2))
    await until(lambda: _is(app, State.PREPARED))
    follower = await asyncio.create_subprocess_exec(
        ZIMOGS, "approve", FIRST, "--wait", "60", "--config", app.config, stdout=asyncio.subprocess.PIPE
    )
    assert follower.stdout is not None
    assert await follower.stdout.readline() == b"Approve 2 documents at\n"
    await app.person.approve(FIRST)
    assert b"delivered" in await follower.stdout.read()
    assert await follower.wait() == os.EX_OK


async def test_an_app_that_is_told_to_stop_ends_in_order(app: RunningApp) -> None:
    assert await app.end(signal.SIGTERM) == os.EX_OK


async def _gather(app: RunningApp, files: Sequence[Path]) -> None:
    """Sign in, enrol the seal, drop the files and have the desk make one batch of them."""
    await app.person.sign_in()
    await app.person.enrol()
    await app.drop(*files)
    await until(lambda: _waiting(app, len(files)))
    await app.person.gather(ROUTE)


async def _waiting(app: RunningApp, count: int) -> bool:
    return len(await app.disk.shelf.waiting_list(ROUTE)) == count


async def _begun(app: RunningApp) -> bool:
    return await app.disk.ledger.latest(ROUTE) == 1


async def _is(app: RunningApp, state: State) -> bool:
    return await _begun(app) and (await app.history(FIRST)).state is state


async def _logged(app: RunningApp, event: str) -> bool:
    return event in (app.config.parent / "zimogs.log").read_text()


async def _approved_again(app: RunningApp) -> bool:
    """Approve whenever the batch waits for it: the kill may have hit before or after the values were kept."""
    if await _is(app, State.PREPARED):
        # The first approval may still be queued, and be used between our look and the page.
        with suppress(LostOnPage):
            await app.person.approve(FIRST)
    return await app.settled()


async def _flush(app: RunningApp) -> None:
    async with Redis.from_url(f"unix://{app.settings.folders.data / 'redis' / 'valkey.sock'}") as redis:
        await redis.flushall()


def _what_redis_keeps(app: RunningApp, *secrets: str) -> list[str]:
    """Those of the secrets that stand in the files of the embedded Valkey."""
    kept = b"".join(path.read_bytes() for path in (app.settings.folders.data / "redis").rglob("*.aof"))
    assert str(FIRST).encode() in kept
    return [secret for secret in secrets if secret.removeprefix("PNOLV-").encode() in kept]
