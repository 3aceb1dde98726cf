"""One app and one vendor: while that is away, desk, status, metrics and log say so in the same words; then no more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from config.reading import read_settings
from config.settings import Settings
from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from jobs.model.standstill import WORDS, Cause
from sandbox.app import listening
from sandbox.settings import RegisteredClient
from sandbox.settings import Settings as VendorSettings
from sandbox.vendor import Vendor
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule, Weather
from tests.sandbox.practice import an_invoice
from tests.support.builders import INVOICES
from tests.whole.browser import Browser, Page, a_browser
from tests.whole.rehearsal import Ended, zimogs
from tests.whole.running_app import until
from worker.app.on_disk import OnDisk
from worker.app.running import EVERYTHING, running
from worker.app.serving import listen
from worker.app.standing import find_standstills

# arq closes its pool by a name that redis-py has given up.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")

BATCH = batch_id(INVOICES, 1)
AWAY = WORDS[Cause.VENDOR_AWAY]
SETTINGS = """
[eparaksts]
platform_url = "{vendor}"
signapi_url = "{vendor}"
client_id = "practice"
client_secret = "secret"
attempts = 1
[desk]
public_url = "{desk}"
[observed]
port = 0
[inbox]
settle = 0
rescan = 0.2
[approval]
fresh_for = 0
[trust]
anchors = ["root.pem"]
[routes.invoices]
seal = "CN:SIA PARAUGS (P-256): eZīmogs"
max_wait = 0
approvers = ["000123-00001"]
"""


@dataclass
class Stage:
    """`zimogs run` in this process, a person at its desk, and the vendor it needs."""

    url: str
    observed_at: str
    config: Path
    settings: Settings
    vendor: Vendor
    browser: Browser
    log: list[EventDict]

    def cloud_over(self) -> None:
        """Let SignAPI answer nothing but 503."""
        calls = (Operation.START, Operation.CALCULATE_DIGEST)
        self.vendor.schedule.set(Weather(rules=tuple(Rule(operation=call, kind=Kind.STATUS) for call in calls)))

    def clear_up(self) -> None:
        self.vendor.schedule.set(Weather())

    async def enrol(self) -> None:
        welcome = await self.browser.open(f"{self.url}/")
        how = await self.browser.submit(welcome, "/sign-in")
        who = await self.browser.submit(how, "/oauth/", {"method": "mobileid"})
        phone = await self.browser.submit(who, "/oauth/", {"login": "anna"})
        overview = await self.browser.submit(phone, "/oauth/", {"action": "confirm"})
        assert "is enrolled" in (await self.browser.submit(overview, "/seals/enrol")).text

    async def shown(self, path: str, words: str) -> Page:
        """Look at a page of the desk until it shows the words."""

        async def look() -> Page | None:
            page = await self.browser.open(self.url + path)
            return page if words in page.text else None

        found = await until(look)
        assert found is not None
        return found

    async def state(self) -> State:
        return (await OnDisk.of(self.settings).ledger.read(BATCH)).state

    async def metric(self, cause: Cause) -> float:
        page = await self.browser.get(f"{self.observed_at}/metrics")
        (line,) = (line for line in page.source.splitlines() if line.startswith(f'zimogs_standstills{{cause="{cause}"'))
        return float(line.split()[-1])

    async def is_free(self) -> bool:
        return await self.metric(Cause.VENDOR_AWAY) == 0

    async def run(self, *arguments: str) -> Ended:
        return await asyncio.to_thread(zimogs, *arguments, "--config", self.config)


@pytest.fixture
async def stage(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    registered = RegisteredClient(client_id="practice", client_secret="secret", redirect_uris=(f"{url}/callback",))
    async with listening(VendorSettings(clients=(registered,)), vendor_state) as sandbox, a_browser() as browser:
        (tmp_path / "root.pem").write_bytes(sandbox.vendor.authority.root_pem)
        config = tmp_path / "zimogs.toml"
        config.write_text(SETTINGS.format(vendor=sandbox.url, desk=url), encoding="utf-8")
        settings = read_settings(config)
        with capture_logs() as log:
            async with running(settings, EVERYTHING, listener) as app:
                yield Stage(url, app.observed_at, config, settings, sandbox.vendor, browser, log)


async def test_while_the_vendor_is_away_everything_says_so_and_then_no_more(stage: Stage) -> None:
    await stage.enrol()
    stage.cloud_over()
    (stage.settings.folders.inbox / INVOICES).mkdir(parents=True, exist_ok=True)
    (stage.settings.folders.inbox / INVOICES / "one.pdf").write_bytes(an_invoice(1))

    overview = await stage.shown("/", AWAY.meaning)
    assert "Held up" in overview.text
    page = await stage.shown(f"/batches/{BATCH}", AWAY.meaning)
    assert "Held up" in page.text
    assert "the vendor answered 503" in page.text
    assert page.refresh is not None
    assert await stage.metric(Cause.VENDOR_AWAY) == 1
    (row,) = (await stage.run("status", "--json")).facts["standstills"]
    assert (row["what"], row["cause"], row["meaning"]) == (BATCH, Cause.VENDOR_AWAY, AWAY.meaning)
    assert row["advice"] == AWAY.advice
    assert row["next_try"] > row["since"]
    failed = next(entry for entry in stage.log if entry["event"] == "story failed")
    assert (failed["subject"], failed["cause"], failed["advice"]) == (BATCH, Cause.VENDOR_AWAY, AWAY.advice)

    stage.clear_up()
    await stage.shown(f"/batches/{BATCH}", "Waits for approval")
    # The record is there a moment before whoever wrote it forgets the standstill.
    await until(stage.is_free)
    assert AWAY.meaning not in (await stage.browser.open(f"{stage.url}/")).text
    assert await find_standstills(stage.settings, OnDisk.of(stage.settings)) == ()

    # The digests are too old to ask about as soon as they are there, and the vendor is away again.
    stage.cloud_over()
    batch = await stage.browser.open(f"{stage.url}/batches/{BATCH}")
    pressed = await stage.browser.submit(batch, "/approve")
    assert "Preparing the digests anew" in pressed.text
    waiting = await stage.shown(f"/batches/{BATCH}/authorize", AWAY.meaning)
    assert "a few seconds" not in waiting.text
    assert await stage.state() is State.LAPSED
    told = await stage.run("approve", BATCH, "--json")
    assert told.code == 3
    assert AWAY.meaning in told.complaints
