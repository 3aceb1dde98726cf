"""Staying until a signal comes: everything in one process, or its parts apart."""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import structlog
import typer
from redis.exceptions import RedisError

from config.settings import Settings
from worker.anchors import UnusableAnchor
from worker.app.logs import LogForm, begin_logging
from worker.app.running import Part, Running, running
from worker.cli.console import complaining, console, fail, settings_to_write
from worker.cli.console import run as run_to_end
from worker.cli.handlers.failures import tell_failure
from worker.doctor.start import UnprotectedInstallation, require_protection, tell_clock, tell_differences

log = structlog.get_logger()

LATEST_END = 25.0
"""Seconds after the first signal within which everything has ended, or the process does all the same."""


def stay(config: Path, parts: Sequence[str], *, as_json: bool, verbose: bool, form: LogForm | None) -> None:
    """Run the parts of these names until a signal comes; ends with an explanation where that is not possible."""
    form = form or LogForm.usual()
    begin_logging(logging.DEBUG if verbose else logging.INFO, form)
    give_up = fail if form is LogForm.TEXT else _log_end
    settings = settings_to_write(config, give_up)
    expected = (OSError, ValueError, RedisError, UnusableAnchor, UnprotectedInstallation)
    with complaining(*expected, fail=give_up, tell=tell_failure):
        require_protection(config, settings)
        run_to_end(_run_until_signal(settings, frozenset(map(Part, parts)), as_json=as_json, form=form))


def _log_end(message: str, code: int = 1) -> NoReturn:
    """Like `fail`, for those who read the log instead of the terminal."""
    log.critical("zimogs cannot run", error=message)
    raise typer.Exit(code)


async def _run_until_signal(settings: Settings, parts: frozenset[Part], *, as_json: bool, form: LogForm) -> None:
    async def stay() -> None:
        async with running(settings, parts) as app, asyncio.TaskGroup() as group:
            group.create_task(tell_clock(settings))
            group.create_task(tell_differences(app.app.agreement))
            _announce(settings, parts, app, as_json=as_json, form=form)
            await asyncio.Event().wait()

    staying = asyncio.create_task(stay())
    stopping = asyncio.Event()

    def stop(number: signal.Signals) -> None:
        if stopping.is_set():
            log.warning("stopped at once")
            os._exit(128 + number)
        log.info("stopping", signal=number.name)
        stopping.set()
        staying.cancel()
        _end_late(asyncio.get_running_loop())

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        await staying
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise


def _end_late(loop: asyncio.AbstractEventLoop) -> None:
    """End the process when something that cannot be interrupted, such as a dead network disk, keeps it from ending."""

    def end() -> None:
        busy = [f"{task.get_coro()} at {task.get_stack(limit=1)}" for task in asyncio.all_tasks(loop)]
        log.critical("not everything ended in time; it is taken up at the next start", after=LATEST_END, busy=busy)
        os._exit(1)

    late = threading.Timer(LATEST_END, end)
    late.daemon = True
    late.start()


def _announce(settings: Settings, parts: frozenset[Part], app: Running, *, as_json: bool, form: LogForm) -> None:
    facts = {"parts": sorted(parts), "address": app.address, "observed": app.observed_at}
    facts |= {"inbox": str(settings.folders.inbox)}
    if Part.DESK in parts:
        facts["desk"] = settings.desk.public_url
    if form is LogForm.JSON:
        log.info("running", **facts)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    elif form is LogForm.TEXT:
        console.print("[bold]zimogs is running.[/bold] Stop it with Ctrl+C.")
        for name, value in facts.items():
            console.print(f"  {name:8} {', '.join(value) if isinstance(value, list) else value}", highlight=False)
