"""A room with a desk and a practice vendor for each test; the vendor's keys are made once per run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whole.browser import Browser, a_browser
from tests.whole.room import Room, a_room


@pytest.fixture
async def room(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Room]:
    async with a_room(vendor_state, tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened
