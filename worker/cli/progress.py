"""How far something long is, on standard error: a bar at a terminal, else a line every ten seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from worker.cli.console import complaints, console, wants_json

TellProgress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and how many there are in all; 0 where that is not known yet."""

PAUSE = 10.0
"""Seconds between two lines where nobody sees a bar."""


@contextmanager
def progressing(stage: str, *, pause: float = PAUSE) -> Iterator[TellProgress]:
    """Show how far it is until it is over; nothing where only errors, or only JSON, are wanted."""
    if console.quiet or wants_json():
        yield lambda _stage, _done, _total: None
    elif complaints.is_terminal:
        with _bar(stage) as show:
            yield show
    else:
        yield _Lines(pause).show


@contextmanager
def _bar(stage: str) -> Iterator[TellProgress]:
    # Only where a bar is shown: it is slow to load.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=complaints, transient=True) as progress:
        task = progress.add_task(stage, total=None)
        yield lambda stage, done, total: progress.update(task, description=stage, completed=done, total=total or None)


class _Lines:
    """Progress for logs and pipes: the first line after one pause, so that what is quick says nothing."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._told = time.monotonic()

    def show(self, stage: str, done: int, total: int) -> None:
        """Say how far it is, if nothing was said for a while."""
        if time.monotonic() - self._told >= self._pause:
            self._told = time.monotonic()
            typer.echo(f"{stage}: {done} of {total}" if total else stage, err=True)
