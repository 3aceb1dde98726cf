"""`zimogs` as its user starts it, as a program of its own; and its commands without that."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from worker.cli.application import application

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


def run_command(*arguments: str | Path) -> Ended:
    """Run a command to its end within this process: the same way but for the second in which a program starts.

    An error that the command does not tell in words of its own is raised.
    """
    # In a thread of its own, for it begins an event loop, and a test may be in one.
    with ThreadPoolExecutor(1) as thread:
        invoked = thread.submit(CliRunner().invoke, application, [*map(str, arguments)], catch_exceptions=False)
        result = invoked.result()
    return Ended(result.exit_code, result.stdout, result.stderr)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal that succeeded, and its folder."""

    folder: Path
    ended: Ended

    @property
    def outbox(self) -> Path:
        return Path(self.ended.facts["outbox"])

    @property
    def trust_anchor(self) -> bytes:
        return Path(self.ended.facts["trust_anchor"]).read_bytes()


class Rehearsals:
    """Rehearsals by their options: one that several promises look into, and leave as it is, runs once.

    `keys` is where the practice vendors' keys lie, for those are slow to make.
    """

    def __init__(self, base: Path, keys: Path) -> None:
        self._base, self._keys = base, keys
        self._held: dict[tuple[str | Path, ...], Rehearsal] = {}
        self._count = 0

    def run(self, *options: str | Path) -> Rehearsal:
        """The rehearsal with these options, which succeeds with one authorization and one signature call."""
        if options not in self._held:
            rehearsal = self._held[options] = self.run_alone(*options)
            assert (rehearsal.ended.facts["authorizations"], rehearsal.ended.facts["signature_calls"]) == (1, 1)
        return self._held[options]

    def run_alone(self, *options: str | Path) -> Rehearsal:
        """A rehearsal with these options for one promise alone, which succeeds."""
        self._count += 1
        folder = self._base / str(self._count)
        (folder / "vendor").mkdir(parents=True)
        (folder / "vendor" / "keys").symlink_to(self._keys)
        ended = zimogs("demo", "--data", folder, "--json", *options)
        assert ended.code == 0, ended.output + ended.complaints
        return Rehearsal(folder, ended)


def sealed_files(folder: Path) -> list[Path]:
    """What lies in the outbox, without its sidecars."""
    return sorted(path for path in folder.rglob("*.pdf"))
