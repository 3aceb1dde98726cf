"""A practice vendor on loopback for each test; its keys are made once per run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.wire.practice import Practice, practising


@pytest.fixture(scope="session")
def vendor_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vendor")


@pytest.fixture
async def practice(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Practice]:
    async with practising(vendor_state, tmp_path) as opened:
        yield opened
