"""The overview as it changes, for whoever keeps looking."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import typer

from config.settings import Settings
from worker.cli.console import console
from worker.cli.overview import Overview, collect_overview, show_overview
from worker.clock import utc_now

_PAUSE = 2.0
"""Seconds between two looks: as often as the sweep moves what should be moving."""


async def watch_overview(settings: Settings, *, everything: bool, why: bool, as_json: bool) -> None:
    """Show it, and again whenever it has changed: one line of JSON for each change, or drawn anew at a terminal."""
    async for overview in follow_changes(lambda: collect_overview(settings, everything=everything, why=why), _PAUSE):
        if as_json:
            typer.echo(json.dumps(overview, ensure_ascii=False, default=str))
            continue
        if console.is_terminal:
            console.clear()
        console.print(f"{utc_now():%Y-%m-%d %H:%M:%S} UTC", style="dim", highlight=False)
        show_overview(overview, everything=everything)


async def follow_changes(look: Callable[[], Awaitable[Overview]], pause: float) -> AsyncIterator[Overview]:
    """Give the first overview, and each that differs from the one before in more than its times; `pause` in seconds."""
    known: Overview | None = None
    while True:
        overview = await look()
        still = overview | {part: list(map(_still, overview.get(part, []))) for part in ("routes", "batches")}
        if still != known:
            known = still
            yield overview
        await asyncio.sleep(pause)


def _still(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what changes all the time."""
    return {name: value for name, value in row.items() if name not in {"age_seconds", "why"}}
