"""Why somebody decided something, in their own words."""

from typing import Annotated

import typer

from worker.cli.console import fail
from worker.cli.exit_codes import ExitCode

Why = Annotated[str, typer.Option("--reason", help="Why, for everybody to read.", show_default=False)]


def read_reason(text: str) -> str:
    """Told in one line everywhere; of a long one the beginning says enough."""
    words = " ".join(text.split())[:500]
    return words or fail("Say why, for everybody who will ask: --reason “…”.", ExitCode.USAGE)
