"""What commands share that ask the index: it may be missing, or still being made."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from worker.cli.console import complaints, fail
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.storage.index.database import IndexUnusable, TooMuchWork

Limit = Annotated[int, typer.Option("--limit", "-n", help="At most so many, the newest first.", min=1)]


@contextmanager
def asking() -> Iterator[None]:
    """Say what to do where the index cannot answer."""
    try:
        yield
    except IndexUnusable:
        fail(
            "There is no index of the batches yet. A running worker makes it of the records: start `zimogs run` or "
            "`zimogs worker`, and try again in a minute. Open batches are shown by `zimogs status`.",
            ExitCode.UNCERTAIN,
        )
    except TooMuchWork:
        fail("There is too much to look through at once. Ask more precisely, or for one route.", ExitCode.UNCERTAIN)


def tell_incomplete(*, is_complete: bool) -> None:
    """Say where older batches may be missing."""
    if not is_complete:
        complaints.print(plain("The index is still being made: older batches may be missing."), style="yellow")
