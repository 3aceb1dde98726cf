"""The overview as it changes, for whoever keeps looking."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import typer

from config.settings import Settings
from worker.cli.console import console
from worker.cli.overview import Overview, collect_overview, show_overview
from worker.clock import utc_now

_PAUSE = 2.0
"""Seconds between two looks: as often as the sweep moves what should be moving."""


async def watch_overview(settings: Settings, *, everything: bool, as_json: bool) -> None:
    """Show it, and again whenever it has changed: one line of JSON for each change, or drawn anew at a terminal."""
    async for overview in follow_changes(lambda: collect_overview(settings, everything=everything), _PAUSE):
        if as_json:
            typer.echo(json.dumps(overview, ensure_ascii=False, default=str))
            continue
        if console.is_terminal:
            console.clear()
        console.print(f"{utc_now():%Y-%m-%d %H:%M:%S} UTC", style="dim", highlight=False)
        show_overview(overview, everything=everything)


async def follow_changes(look: Callable[[], Awaitable[Overview]], pause: float) -> AsyncIterator[Overview]:
    """Give the first overview, and each that differs from the one before in more than its ages; `pause` in seconds."""
    known: Overview | None = None
    while True:
        overview = await look()
        still = {**overview, "batches": [{**batch, "age_seconds": 0} for batch in overview["batches"]]}
        if still != known:
            known = still
            yield overview
        await asyncio.sleep(pause)
