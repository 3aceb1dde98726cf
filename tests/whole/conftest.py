"""A site with a desk and a practice vendor for each test; the vendor's keys are made once per run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.whole.browser import Browser, a_browser
from tests.whole.rehearsal import Rehearsals
from tests.whole.site import Site, a_site


@pytest.fixture(scope="module")
def rehearsals(practice_keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Rehearsals:
    return Rehearsals(tmp_path_factory.mktemp("rehearsals"), practice_keys)


@pytest.fixture
async def site(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(vendor_state, tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened
