"""Figures as a panel writes them, by Grafana's names of units."""

from collections.abc import Callable

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LARGE = 100
"""From there on no decimals are worth reading."""


def write(value: float, unit: str) -> str:
    """The value with its unit, as short as can be read."""
    return _WRITERS[unit](value)


def _write_number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) or value >= _LARGE else f"{value:.3g}"


def _write_seconds(value: float) -> str:
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if value >= size:
            return f"{_write_number(round(value / size, 1))} {name}"
    return f"{_write_number(value)} s" if value >= 1 or value == 0 else f"{_write_number(value * 1000)} ms"


def _write_bytes(value: float) -> str:
    for power, name in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if value >= 1024**power:
            return f"{_write_number(round(value / 1024**power, 1))} {name}"
    return f"{_write_number(value)} B"


_WRITERS: dict[str, Callable[[float], str]] = {
    "short": _write_number,
    "s": _write_seconds,
    "d": lambda value: f"{value:.0f} d",
    "cps": lambda value: f"{_write_number(value)}/s",
    "percentunit": lambda value: f"{_write_number(round(value * 100, 1))} %",
    "bytes": _write_bytes,
    "Bps": lambda value: f"{_write_bytes(value)}/s",
}
