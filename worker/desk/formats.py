"""Sizes, times and numbers as people read them. Pure: time comes in."""

from datetime import datetime, timedelta

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_KILO = 1000
_SHORTENED = 16
_AGES = (
    (timedelta(days=2), timedelta(days=1), "days"),
    (timedelta(days=1), timedelta(days=1), "day"),
    (timedelta(hours=2), timedelta(hours=1), "hours"),
    (timedelta(hours=1), timedelta(hours=1), "hour"),
    (timedelta(minutes=2), timedelta(minutes=1), "minutes"),
    (timedelta(minutes=1), timedelta(minutes=1), "minute"),
)


def size(count: int) -> str:
    """Bytes in decimal units, as file managers show them: 1 234 567 → `1.2 MB`."""
    amount, unit = float(count), 0
    while round(amount, 1) >= _KILO and unit < len(_UNITS) - 1:
        amount, unit = amount / _KILO, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def age(since: datetime, now: datetime) -> str:
    """How long ago, in its largest unit: `3 minutes ago`."""
    passed = now - since
    for least, unit, name in _AGES:
        if passed >= least:
            return f"{passed // unit} {name} ago"
    return "just now"


def moment(at: datetime) -> str:
    """A time by the clock of this machine, with its zone: `23 Nov 2026, 14:05 EET`."""
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def day(at: datetime) -> str:
    """A date by the clock of this machine: `23 Nov 2026`."""
    local = at.astimezone()
    return f"{local.day} {local:%b %Y}"


def counted(count: int, noun: str = "document") -> str:
    """A number with its noun: `1 document`, `12 documents`."""
    return f"{count:,} {noun}".replace(",", "\N{NO-BREAK SPACE}") + ("" if count == 1 else "s")


def shortened(text: str) -> str:
    """The beginning of a digest or summary, enough to compare by eye."""
    return text if len(text) <= _SHORTENED else f"{text[:_SHORTENED]}…"
