"""What every test may ask for: programs of the system, and the collection of real invoices."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "invoices"


@pytest.fixture
def program() -> Callable[[str], str]:
    """Find a program of the system, or skip the test; ZIMOGS_REQUIRE_TOOLS=1 turns the skip into a failure."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            reason = f"{name} is not installed on this machine"
            if os.environ.get("ZIMOGS_REQUIRE_TOOLS") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.fixture
def corpus() -> Path:
    """Thirty real invoices, where the collection stands beside the project."""
    if not CORPUS.is_dir():
        pytest.skip("the collection of real invoices does not stand beside the project")
    return CORPUS
