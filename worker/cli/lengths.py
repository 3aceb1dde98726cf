"""Lengths of time as people type them at a terminal."""

import re
from datetime import timedelta

import typer

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


def read_length(text: str) -> timedelta:
    """Read `90s`, `15m` or `2h`; a bare number is seconds. Raises typer.BadParameter."""
    match = re.fullmatch(r"([0-9]{1,6})([smh]?)", text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no length of time such as 90s, 15m or 2h.")
    return int(match[1]) * _UNITS[match[2] or "s"]
