"""zimogs as a process that can be struck down. It is forked from a server that has loaded it, so it lives at once."""

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.torture.clock import Clock
from tests.torture.strikes import AtRecord, strike_at
from worker.cli import main

def nursery(clock: Clock) -> ForkServerContext:
    """Where victims come from, who go by that clock."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.torture.victim", "worker.cli.running"])
    before = dict(os.environ)
    os.environ |= clock.environment
    forkserver.ensure_running()
    for name in clock.environment:
        del os.environ[name]
    os.environ |= before
    return context


def begin(nursery: ForkServerContext, command: str, config: Path, strike: AtRecord | None) -> BaseProcess:
    """Start `zimogs COMMAND` with these settings, to be killed at the strike; it logs beside its settings."""
    victim = nursery.Process(target=_live, args=(command, config, strike))
    victim.start()
    return victim


def _live(command: str, config: Path, strike: AtRecord | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log = os.open(config.with_name(f"{command}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    if strike:
        strike_at(strike, config.with_name("struck"))
    sys.argv = ["zimogs", command, "--config", str(config), "--json"]
    main()
