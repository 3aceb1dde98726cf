"""zimogs as a process that can be struck down. It is forked from a server that has loaded it, so it lives at once."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.torture.clock import follow
from tests.torture.network import enter
from tests.torture.strikes import AtChange, AtObject, AtRecord, strike_at, strike_before, strike_in_bucket
from worker.cli import main

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Victim:
    """What to start: `zimogs COMMAND` under a name of its own, by which clock, and where it is to be killed.

    Of several that are to be killed there, the one that leaves the `marker` is.
    """

    name: str
    config: Path
    clock: Path
    strike: AtRecord | AtObject | AtChange | None
    marker: Path
    is_in_bucket: bool

    @property
    def command(self) -> list[str]:
        """The command; two processes of one differ by a number in their names, such as `worker 2`."""
        return [word for word in self.name.split() if not word.isdecimal()]

    @property
    def network(self) -> Path:
        """The network of its machine; where there is no such file, it is ours."""
        return self.config.with_name("network")

    @property
    def log(self) -> Path:
        """Where it logs."""
        return self._file("log")

    @property
    def output(self) -> Path:
        """What it prints, which is JSON."""
        return self._file("json")

    def _file(self, ending: str) -> Path:
        return self.config.with_name(f"{self.name.replace(' ', '-')}.{ending}")


def open_nursery(environment: Mapping[str, str]) -> ForkServerContext:
    """Where victims come from, with that environment beside ours. A process has but one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.torture.victim", "worker.cli.handlers.running"])
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    forkserver.ensure_running()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    return context


def begin(nursery: ForkServerContext, victim: Victim) -> BaseProcess:
    """Start it."""
    process = nursery.Process(target=_live, args=(victim,))
    process.start()
    return process


def _live(victim: Victim) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # It must not outlive us: the server that it is forked from ends with us, whatever ends us (prctl(2)).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if victim.network.exists():
        enter(victim.network)
    follow(victim.clock)
    os.dup2(os.open(victim.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stdout.fileno())
    os.dup2(os.open(victim.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    if isinstance(victim.strike, AtChange):
        strike_before(victim.strike, is_in_bucket=victim.is_in_bucket)
    elif victim.strike and victim.is_in_bucket:
        strike_in_bucket(victim.strike, victim.marker)
    elif isinstance(victim.strike, AtRecord):
        strike_at(victim.strike, victim.marker)
    sys.argv = ["zimogs", *victim.command, "--config", str(victim.config), "--json"]
    main()
