"""The measures of how the code reads can be taken: they are printed, never asserted."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FIGURES = (
    "functions named by a participle",
    "private functions used once",
    "import lines",
    "own-line comments",
    "modules under 40 lines",
    "median module",
)


def test_every_figure_is_printed() -> None:
    command = [sys.executable, "-m", "tests.operations.measures"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [
        line
        for line in FIGURES
        if not any(one.startswith(line) and any(map(str.isdigit, one)) for one in printed.splitlines())
    ] == []
