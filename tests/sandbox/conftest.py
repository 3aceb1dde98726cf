"""A practice vendor on loopback for each test; its keys are made once per run."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.app import listening
from sandbox.settings import Settings
from tests.sandbox.integration import CLIENTS, Clock, Integration

OpenIntegration = Callable[..., AbstractAsyncContextManager[Integration]]


@pytest.fixture
def sandbox_state(vendor_state: Path) -> Path:
    """Return the folder where the practice vendor of this test keeps its keys and sessions."""
    return vendor_state


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the practice vendor, standing at the present."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def open_integration(sandbox_state: Path, clock: Clock) -> OpenIntegration:
    """Return how to open an integration with a practice vendor of other settings than the usual."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Integration]:
        settings = Settings(**({"clients": CLIENTS} | changes))
        cookies = aiohttp.CookieJar(unsafe=True)
        async with (
            listening(settings, sandbox_state, now=clock) as sandbox,
            aiohttp.ClientSession(cookie_jar=cookies) as http,
        ):
            yield Integration(http, sandbox)

    return opened


@pytest.fixture
async def integration(open_integration: OpenIntegration) -> AsyncIterator[Integration]:
    """Return an integration with a practice vendor of the usual settings."""
    async with open_integration() as opened:
        yield opened
