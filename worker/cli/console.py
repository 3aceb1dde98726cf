"""What all commands share: options, JSON for programs, tables for people, and one plain sentence when it goes wrong."""

import asyncio
import json
import os
import pwd
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from config.reading import ConfigurationError, read_settings
from config.settings import Settings
from jobs.model.names import BatchId, is_batch_id
from jobs.model.standstill import WORDS
from worker.cli.plain_text import PlainTable, plain
from worker.error_text import error_text
from worker.queue.causes import cause_of

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="ZIMOGS_CONFIG", help="The settings file.", show_default=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]

DEFAULT_CONFIG = Path("zimogs.toml")

console = Console(soft_wrap=True)
complaints = Console(stderr=True, soft_wrap=True)

T = TypeVar("T")

Fail = Callable[[str, int], NoReturn]
"""Says what is wrong, and ends with that exit code."""


def say_json(value: object) -> None:
    """Print one JSON value, whole and on its own."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def a_table(*columns: str, title: str | None = None) -> Table:
    """A plain table that never shortens anything; its first column, an id as a rule, is never broken either."""
    table = PlainTable(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    return table


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end with that exit code."""
    complaints.print(plain(message), style="bold red", highlight=False)
    raise typer.Exit(code)


def settings_from(path: Path, fail: Fail = fail) -> Settings:
    """Read the settings, or end with an explanation."""
    try:
        return read_settings(path)
    except ConfigurationError as error:
        fail(str(error), 2)


def settings_to_write(path: Path, fail: Fail = fail) -> Settings:
    """The same for a command that writes to the data folder: as root, its files would be closed to the service."""
    settings = settings_from(path, fail)
    data = settings.folders.data
    owner = data.stat().st_uid if os.geteuid() == 0 and data.exists() else 0
    if owner:
        name = next((one.pw_name for one in pwd.getpwall() if one.pw_uid == owner), f"#{owner}")
        command = " ".join(["zimogs", *sys.argv[1:2]])
        fail(f"{data} belongs to {name}: run this as that user, as in `sudo -u {name} {command}`.", 2)
    return settings


def require_batch_id(text: str) -> BatchId:
    """Read a batch id, or end with an explanation."""
    if not is_batch_id(text):
        fail(f"{text!r} is not a batch id such as invoices-000001.", code=2)
    return BatchId(text)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; Ctrl+C ends it quietly."""
    try:
        return asyncio.run(story)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@contextmanager
def complaining(*kinds: type[Exception], fail: Fail = fail) -> Iterator[None]:
    """Turn these errors, alone or in a group, into one sentence each and exit code 1."""
    try:
        yield
    except kinds as error:
        fail(_tell(error), 1)
    except ExceptionGroup as group:
        expected, others = group.split(kinds)
        if others is not None:
            raise
        fail("\n".join(_sentences(expected)), 1)


def _sentences(error: BaseException | None) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for cause in error.exceptions:
            yield from _sentences(cause)
    else:
        yield _tell(error)


def _tell(error: BaseException | None) -> str:
    """The error's own sentence; of Redis', which may quote what it was given, what it means and what to do."""
    if not isinstance(error, RedisError):
        return str(error)
    meaning, advice = WORDS[cause_of(error)]
    return f"{meaning} {advice} ({error_text(error)})"
