"""The man page, written from the commands themselves: `python -m worker.cli.manual > zimogs.1` (man(7))."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from inspect import getdoc
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup

from worker.cli.application import COMMANDS, describe, load_command
from worker.cli.exit_codes import MEANINGS

_ENVIRONMENT = {
    "ZIMOGS_CONFIG": "The settings file, where --config does not name one.",
    "ZIMOGS_TABLE__KEY": "One setting, stronger than the file, as ZIMOGS_DESK__PORT=8080.",
    "NO_COLOR": "With any value: print no colours.",
}
_FILES = {
    "zimogs.toml": "The settings. `zimogs config init` makes one, `zimogs config schema` describes it.",
    "/run/secrets/zimogs_table__key": "One setting in each file, stronger than the environment; the place for secrets.",
}
_ERRORS = (
    "With --json a result is JSON on standard output, and an error one line of JSON on standard error: an object "
    "`error` with `kind` (the name of the exit status below), `message` and `advice`. Without it, tables are lines "
    "with tabs between where standard output is no terminal."
)


def write_manual() -> str:
    """The page in roff."""
    return "\n".join([*_begin(), *_tell_commands(), *_end(), ""])


def _begin() -> Iterator[str]:
    yield f'.TH ZIMOGS 1 "" "zimogs {version("zimogs")}" "User Commands"'
    yield ".ad l"
    yield ".SH NAME"
    yield _escape("zimogs - seals documents in bulk with a qualified cloud seal (eParaksts eZīmogs+ mākonī)")
    yield ".SH SYNOPSIS"
    yield r"\fBzimogs\fR \fICOMMAND\fR [\fIOPTION\fR ...]"
    yield ".SH DESCRIPTION"
    yield from _tell_text(getdoc(describe) or "")
    yield ".PP"
    yield _mark_up(_ERRORS)


def _tell_commands() -> Iterator[str]:
    yield ".SH COMMANDS"
    for name in COMMANDS:
        command = load_command(name)
        if isinstance(command, TyperGroup):
            for below, nested in command.commands.items():
                yield from _tell_command(f"zimogs {name} {below}", cast("TyperCommand", nested))
        else:
            yield from _tell_command(f"zimogs {name}", command)


def _tell_command(path: str, command: TyperCommand) -> Iterator[str]:
    context = typer.Context(command, info_name=path)
    yield f".SS {_escape(' '.join([path, *command.collect_usage_pieces(context)]))}"
    yield from _tell_text(command.help or "")
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            names, meaning = record
            yield from (".TP", rf"\fB{_escape(names)}\fR", _mark_up(" ".join(meaning.split())) or "\\&")


def _end() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from (".TP", rf"\fB{code.value}\fR ({code.kind})", _mark_up(f"{meaning}."))
    for title, rows in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        yield f".SH {title}"
        for name, meaning in rows.items():
            yield from (".TP", rf"\fB{_escape(name)}\fR", _mark_up(meaning))


def _tell_text(text: str) -> Iterator[str]:
    """Paragraphs, and examples as they stand."""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        if paragraph.startswith("    "):
            yield from (".PP", ".EX", *(_escape(line) for line in paragraph.splitlines()), ".EE")
        else:
            yield from (".PP", _mark_up(" ".join(paragraph.split())))


def _mark_up(text: str) -> str:
    """Text with the little Markdown that help has: what is quoted or strong is bold."""
    return re.sub(r"`([^`]+)`|\*\*(.+?)\*\*", lambda found: rf"\fB{found[1] or found[2]}\fR", _escape(text))


def _escape(text: str) -> str:
    """Text in which nothing is an order to roff (groff(7), Escape sequences)."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    sys.stdout.write(write_manual())
