"""What `deploy/install.sh` makes, below a root of its own, with zimogs running in it as its own user, and a dropper."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tests.operations.test_deploy import DEPLOY, ROOT
from tests.support.waiting import PATIENCE

DROPPER, OTHER_DROPPER = 54321, 54322
"""Two ordinary users, who share nothing but the group that may drop."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The installed folders below `root`, and the numbers of the service's user and of the droppers' group."""

    root: Path
    service: int
    droppers: int
    capabilities: tuple[str, ...] = ("lease",)

    @classmethod
    def make(cls, root: Path, secret: str) -> "Installation":
        """Run the script, and read back which users it made."""
        install(root, "--client-secret", "-", given=secret)
        users = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
        groups = [line.split(":") for line in (root / "etc/group").read_text().splitlines()]
        ids = {name: int(number) for name, _, number, *_ in users} | {
            name: int(number) for name, _, number, *_ in groups if name == "zimogs-drop"
        }
        here = cls(root, ids["zimogs"], ids["zimogs-drop"])
        # A checkout in somebody's home is often closed to others. Then the service, and nobody else, is let through:
        # what is tried here is what the script installs.
        return here if here._can_reach_program() else replace(here, capabilities=("lease", "dac_read_search"))

    @property
    def settings(self) -> Path:
        return self.root / "etc/zimogs/zimogs.toml"

    @property
    def folders(self) -> Path:
        return self.root / "var/lib/zimogs"

    def as_dropper(self, command: str, *, who: int = DROPPER, given: bytes = b"") -> "subprocess.CompletedProcess[str]":
        """Run a line of shell as an ordinary user who may drop, from the folder of the folders."""
        ids = [f"--reuid={who}", f"--regid={who}", f"--groups={self.droppers}"]
        ended = subprocess.run(
            ["setpriv", *ids, "--inh-caps=-all", "--bounding-set=-all", "sh", "-c", f"umask 027; {command}"],
            input=given,
            capture_output=True,
            check=False,
            cwd=self.folders,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            timeout=PATIENCE,
        )
        out, told = (text.decode(errors="replace") for text in (ended.stdout, ended.stderr))
        return subprocess.CompletedProcess(command, ended.returncode, out, told)

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """The command line that runs zimogs as the unit does."""
        return [*self._as_service(), *_PROGRAM, *arguments]

    def environment(self) -> dict[str, str]:
        """The secret comes from its file: /run/secrets, which leads there, is not below another root."""
        secret = (self.root / "etc/zimogs/client_secret").read_text()
        return {"PATH": os.environ["PATH"], "ZIMOGS_EPARAKSTS__CLIENT_SECRET": secret.strip()}

    def _can_reach_program(self) -> bool:
        """Whether the service can load the program with this very Python, and not with another one's library."""
        try:
            tried = subprocess.run(
                [*self._as_service(), sys.executable, "-c", _TELL_VERSION],
                capture_output=True,
                check=False,
                cwd=ROOT,
                text=True,
                timeout=PATIENCE,
            )
        except PermissionError:
            return False
        return tried.stdout == sys.version

    def _as_service(self) -> list[str | Path]:
        granted = ",".join(f"+{capability}" for capability in self.capabilities)
        ids = [f"--reuid={self.service}", f"--regid={self.service}", f"--groups={self.droppers}"]
        keep = [f"{option}=-all,{granted}" for option in ("--inh-caps", "--ambient-caps", "--bounding-set")]
        return ["setpriv", *ids, *keep]


_TELL_VERSION = "import sys, worker.cli.handlers.running; sys.stdout.write(sys.version)"
_PROGRAM: list[str | Path] = [sys.executable, "-c", "import os; os.umask(0o077); from worker.cli import main; main()"]


def install(root: Path, *options: str, given: str = "") -> None:
    """Run the script below `root`, leaving the program to this checkout."""
    script: list[str | Path] = [DEPLOY / "install.sh", "--root", root, "--no-program", *options]
    ended = subprocess.run(
        script,
        input=given,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"PYTHON": sys.executable},
    )
    assert ended.returncode == 0, ended.stderr


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask the service to end, as systemd does."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await process.wait()
