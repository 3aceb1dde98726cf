"""Sizes, times, numbers and profiles as people read them. Pure: time comes in."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from jobs.model.documents import Content, Profile, SealFormat, Validation
from jobs.model.text import Language

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_KILO = 1000
_MINUTE = 60
_SHORT = 16
_AGES = (
    (timedelta(days=2), timedelta(days=1), "days"),
    (timedelta(days=1), timedelta(days=1), "day"),
    (timedelta(hours=2), timedelta(hours=1), "hours"),
    (timedelta(hours=1), timedelta(hours=1), "hour"),
    (timedelta(minutes=2), timedelta(minutes=1), "minutes"),
    (timedelta(minutes=1), timedelta(minutes=1), "minute"),
)
_FORMATS: Mapping[SealFormat, str] = {SealFormat.PDF: "PDF (PAdES)", SealFormat.EDOC: "EDOC container (XAdES)"}


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


def until(at: datetime, now: datetime) -> str:
    """How soon, in seconds or minutes: `in 40 seconds`, `in 5 minutes`, `any moment`."""
    seconds = round((at - now).total_seconds())
    if seconds <= 0:
        return "any moment"
    if seconds <= _MINUTE:
        return f"in {quantity(seconds, 'second')}"
    return f"in {quantity(-(-seconds // _MINUTE), 'minute')}"


def moment(at: datetime) -> str:
    """A time by the clock of this machine, with its zone: `23 Nov 2026, 14:05 EET`."""
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def day(at: datetime) -> str:
    """A date by the clock of this machine: `23 Nov 2026`."""
    local = at.astimezone()
    return f"{local.day} {local:%b %Y}"


def quantity(count: int, noun: str = "document") -> str:
    """A number with its noun: `1 document`, `12 documents`."""
    return f"{count:,} {noun}".replace(",", "\N{NO-BREAK SPACE}") + ("" if count == 1 else "s")


def shorten(text: str) -> str:
    """The beginning of a digest or summary, enough to compare by eye."""
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def describe_profile(profile: Profile) -> str:
    """How documents are sealed: `EDOC container (XAdES), B-LTA, by hash: files stay here, validated by eParaksts`."""
    words = (
        f"{_FORMATS[profile.format]}, B-{profile.level}",
        "by hash: files stay here" if profile.content is Content.HASH_ONLY else "",
        "validated by eParaksts" if profile.validation is Validation.VENDOR else "",
    )
    return ", ".join(filter(None, words))


def amount(value: Decimal, language: Language) -> str:
    """A sum of money without its currency, two digits after the point or more: `1,234.50`, `1 234,50`."""
    return format_decimal(value, "#,##0.00##", locale=language.value)


def calendar_day(value: date, language: Language) -> str:
    """A date that stands on a document: `Nov 23, 2026`, `2026. gada 23. nov.`."""
    return format_date(value, locale=language.value)
