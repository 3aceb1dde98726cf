"""A clock that is wrong is told at the start and by the doctor, by any answer of the vendor's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from config.reading import read_settings
from tests.operations.test_settings import MINIMAL, written
from worker.app.serving import listen, served
from worker.doctor.finding import Finding, Severity
from worker.doctor.services import examine_clock
from worker.doctor.start import tell_clock


@asynccontextmanager
async def a_vendor(ahead: timedelta) -> AsyncIterator[str]:
    """A server whose clock is so far ahead of ours."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": format_datetime(datetime.now(UTC) + ahead, usegmt=True)})

    application = web.Application()
    application.router.add_get("/", answer)
    listener = listen("127.0.0.1", 0)
    async with served(application, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def seen(ahead: timedelta) -> Finding:
    async with a_vendor(ahead) as url:
        return await examine_clock(url)


async def test_a_clock_that_agrees_is_fine() -> None:
    assert (await seen(timedelta(0))).severity is Severity.OK


@pytest.mark.parametrize(("days", "side"), [(1, "behind"), (-1, "ahead of")])
async def test_a_clock_that_is_a_day_off_is_a_fault(days: int, side: str) -> None:
    finding = await seen(timedelta(days=days))
    assert finding.severity is Severity.FAULT
    assert f"s {side} the vendor's" in finding.found
    assert "NTP" in finding.advice


async def test_a_wrong_clock_is_told_at_the_start(tmp_path: Path) -> None:
    async with a_vendor(timedelta(days=1)) as url:
        vendor = f'platform_url = "{url}"\nsignapi_url = "{url}"\n'
        settings = read_settings(written(tmp_path, text=MINIMAL.replace("[trust]", f"{vendor}[trust]")))
        with capture_logs() as lines:
            await tell_clock(settings)
    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "clock")
    assert "NTP" in line["advice"]
