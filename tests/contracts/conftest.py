"""Both sides of the vendor's contract; the practice vendor is started once for each module that wants it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contracts.vendors import LARGEST, InMemory, OverHttp, VendorSide
from tests.wire.practice import practising


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["memory", "practice vendor"])
async def side(
    request: pytest.FixtureRequest, practice_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[VendorSide]:
    if request.param == "memory":
        yield InMemory()
        return
    state = tmp_path_factory.mktemp("vendor")
    (state / "keys").symlink_to(practice_keys)
    async with practising(state, tmp_path_factory.mktemp("shelf"), file_max_length=LARGEST) as practice:
        yield OverHttp(practice)
