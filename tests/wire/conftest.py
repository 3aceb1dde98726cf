"""A practice vendor on loopback for each test; its keys are made once per run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.wire.practice import Practice, practising


@pytest.fixture
async def practice(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Practice]:
    async with practising(vendor_state, tmp_path) as opened:
        yield opened
