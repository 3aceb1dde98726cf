"""The commands that stay: everything in one process, or its parts apart."""

import asyncio
import logging
import signal
from pathlib import Path

from redis.exceptions import RedisError

from config.settings import Settings
from worker.anchors import UnusableAnchor
from worker.app.logs import begin_logging
from worker.app.running import EVERYTHING, Part, running
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    Verbose,
    complaining,
    console,
    say_json,
    settings_from,
)
from worker.cli.console import run as run_to_end
from worker.doctor.start import UnprotectedInstallation, require_protection, tell_clock


def run(config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False) -> None:
    """Watch the inbox, work, and serve the desk: everything for one machine in one process.

    Stop it with Ctrl+C or SIGTERM: steps under way are finished first, and the next start goes on where it stood.
    """
    _stay(config, EVERYTHING, as_json=as_json, verbose=verbose)


def worker(config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False) -> None:
    """Only work: prepare, seal, deliver, recover. Start as many as you like on one shared data folder and Redis."""
    _stay(config, frozenset({Part.WORK}), as_json=as_json, verbose=verbose)


def watch(config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False) -> None:
    """Only watch the inbox, take documents in and quarantine what cannot be sealed."""
    _stay(config, frozenset({Part.WATCH}), as_json=as_json, verbose=verbose)


def desk(config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False) -> None:
    """Only serve the desk, where people sign in, enrol seals and approve batches."""
    _stay(config, frozenset({Part.DESK}), as_json=as_json, verbose=verbose)


def _stay(config: Path, parts: frozenset[Part], *, as_json: bool, verbose: bool) -> None:
    begin_logging(logging.DEBUG if verbose else logging.INFO)
    settings = settings_from(config)
    with complaining(OSError, ValueError, RedisError, UnusableAnchor, UnprotectedInstallation):
        require_protection(config, settings)
        run_to_end(_run_until_signal(settings, parts, as_json=as_json))


async def _run_until_signal(settings: Settings, parts: frozenset[Part], *, as_json: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings, parts) as app, asyncio.TaskGroup() as group:
        clock = group.create_task(tell_clock(settings))
        facts = {"parts": sorted(parts), "address": app.address, "inbox": str(settings.folders.inbox)}
        if Part.DESK in parts:
            facts["desk"] = settings.desk.public_url
        if as_json:
            say_json(facts)
        else:
            console.print("[bold]zimogs is running.[/bold] Stop it with Ctrl+C.")
            for name, value in facts.items():
                console.print(f"  {name:8} {', '.join(value) if isinstance(value, list) else value}", highlight=False)
        await stop.wait()
        clock.cancel()
        if not as_json:
            console.print("Stopping: steps under way are finished first ...")
