"""Programs of the system that tests run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE


def required(program: str) -> str:
    """The program's path; where it is missing the test is skipped, or fails if tools are required."""
    path = shutil.which(program)
    if path is None:
        _miss(f"the program {program}")
    return str(path)


def required_file(path: Path) -> Path:
    """The file of a package of the system; where it is missing, as for a program."""
    if not path.exists():
        _miss(str(path))
    return path


def _miss(what: str) -> None:
    give_up = pytest.fail if os.environ.get("ZIMOGS_REQUIRE_TOOLS") == "1" else pytest.skip
    give_up(f"{what} is not installed")


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end; what it said on standard error stands in `stdout` too, in order."""
    command = [required(program), *arguments]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE
    )
