"""`zimogs` as its user starts it: as a program of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ZIMOGS = Path(sys.executable).with_name("zimogs")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    output: str
    complaints: str

    @property
    def facts(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.output)


def zimogs(*arguments: str | Path) -> Ended:
    """Run a command to its end."""
    ended = subprocess.run([ZIMOGS, *arguments], capture_output=True, text=True, timeout=180, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def sealed_files(folder: Path) -> list[Path]:
    """What lies in the outbox, without its sidecars."""
    return sorted(path for path in folder.rglob("*.pdf"))
