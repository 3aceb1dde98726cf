"""Options that several commands share, explained once."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="ZIMOGS_CONFIG", help="The settings file.", show_default=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]

DEFAULT_CONFIG = Path("zimogs.toml")
