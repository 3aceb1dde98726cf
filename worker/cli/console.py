"""What all commands share: options, JSON for programs, text for people, and one plain sentence when it goes wrong."""

import asyncio
import json
import os
import pwd
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from jobs.model.errors import Conflict, IllegalTransition, UnknownBatch, UnknownDocument
from jobs.model.names import BatchId, is_batch_id
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain

if TYPE_CHECKING:
    from config.settings import Settings

console = Console(soft_wrap=True)
complaints = Console(stderr=True, soft_wrap=True)


@dataclass(slots=True)
class Chosen:
    """How this command shall speak, as its options said."""

    json: bool = False


_chosen = Chosen()


def _choose_json(wanted: bool) -> bool:  # noqa: FBT001  typer passes by position
    _chosen.json = wanted
    return wanted


def _choose_quiet(wanted: bool) -> None:  # noqa: FBT001  typer passes by position
    console.quiet = wanted


Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="ZIMOGS_CONFIG", help="The settings file.", show_default=True),
]
Json = Annotated[
    bool,
    typer.Option("--json", callback=_choose_json, is_eager=True, help="Print JSON for programs, of an error too."),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        callback=_choose_quiet,
        expose_value=False,
        help="Say nothing but errors; of lists, print ids alone.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]
Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust-anchor", help="Root certificate (PEM or DER); repeatable. Without it, those of the settings."
    ),
]

DEFAULT_CONFIG = Path("zimogs.toml")

_SENTENCE_END = re.compile(r"(?<=[.!?”])\s+(?=[A-Z“])|\n")

T = TypeVar("T")

Fail = Callable[[str, int], NoReturn]
"""Says what is wrong, and ends with that exit code."""


def speak_as_usual() -> None:
    """Forget what a command's options said about how to speak: it is over."""
    _chosen.json = console.quiet = False


def wants_json() -> bool:
    """Whether a program reads what this command says."""
    return _chosen.json


def say_json(value: object) -> None:
    """Print one JSON value, whole and on its own."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(message: str, code: int = ExitCode.FAILED) -> NoReturn:
    """Say what is wrong and end with that exit code: a sentence or two for people, one line of JSON for programs.

    Either goes to standard error: what stands on standard output is a result.
    """
    if _chosen.json:
        tell_error(message, ExitCode(code))
    else:
        complaints.print(plain(message), style="bold red", highlight=False)
    raise typer.Exit(code)


def tell_error(message: str, code: ExitCode) -> None:
    """Tell a program what is wrong, apart from what to do about it, which stands in the sentences behind the first."""
    told, *rest = _SENTENCE_END.split(message, maxsplit=1)
    advice = "".join(rest)
    error = {"kind": code.kind, "message": told.strip(), "advice": advice.strip()}
    typer.echo(json.dumps({"error": error}, ensure_ascii=False), err=True)


def settings_from(path: Path, fail: Fail = fail) -> "Settings":
    """Read the settings, or end with an explanation."""
    # Not needed to explain a command, and slow to load.
    from config.reading import ConfigurationError, read_settings

    try:
        return read_settings(path)
    except ConfigurationError as error:
        fail(str(error), ExitCode.USAGE)


def settings_to_write(path: Path, fail: Fail = fail) -> "Settings":
    """The same for a command that writes to the data folder: as root, its files would be closed to the service."""
    settings = settings_from(path, fail)
    data = settings.folders.data
    owner = data.stat().st_uid if os.geteuid() == 0 and data.exists() else 0
    if owner:
        name = next((one.pw_name for one in pwd.getpwall() if one.pw_uid == owner), f"#{owner}")
        command = " ".join(["zimogs", *sys.argv[1:2]])
        fail(f"{data} belongs to {name}: run this as that user, as in `sudo -u {name} {command}`.", ExitCode.USAGE)
    return settings


def require_batch_id(text: str) -> BatchId:
    """Read a batch id, or end with an explanation."""
    if not is_batch_id(text):
        fail(f"{text!r} is not a batch id such as invoices-000001.", ExitCode.USAGE)
    return BatchId(text)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; Ctrl+C ends it quietly."""
    try:
        return asyncio.run(story)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


@contextmanager
def complaining(
    *kinds: type[Exception], fail: Fail = fail, tell: Callable[[BaseException], str] = str
) -> Iterator[None]:
    """Turn these errors, alone or in a group, into one sentence each and the exit code of the first."""
    try:
        yield
    except kinds as error:
        fail(tell(error), _code_of(error))
    except ExceptionGroup as group:
        expected, others = group.split(kinds)
        if others is not None or expected is None:
            raise
        causes = tuple(_causes(expected))
        fail("\n".join(map(tell, causes)), _code_of(causes[0]))


def _causes(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for cause in error.exceptions:
            yield from _causes(cause)
    else:
        yield error


def _code_of(error: BaseException) -> ExitCode:
    if isinstance(error, (UnknownBatch, UnknownDocument, IllegalTransition)):
        return ExitCode.REFUSED
    return ExitCode.UNCERTAIN if isinstance(error, Conflict) else ExitCode.FAILED
