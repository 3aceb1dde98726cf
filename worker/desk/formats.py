"""Ages, quantities and profiles as people read them. Pure: time comes in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from babel.numbers import format_decimal

from jobs.model.documents import Content, Profile, SealFormat, Validation
from jobs.model.text import Language, Text

_MINUTE = 60
_SHORT = 16
_FORMATS: Mapping[SealFormat, Text] = {
    SealFormat.PDF: Text("PDF (PAdES)"),
    SealFormat.EDOC: Text("EDOC container (XAdES)"),
}


def age(since: datetime, now: datetime) -> Text:
    """How long ago, in its largest unit: `3 minutes ago`."""
    passed = now - since
    if days := max(passed // timedelta(days=1), 0):
        return Text.counted("{count} day ago", "{count} days ago", days)
    if hours := max(passed // timedelta(hours=1), 0):
        return Text.counted("{count} hour ago", "{count} hours ago", hours)
    if minutes := max(passed // timedelta(minutes=1), 0):
        return Text.counted("{count} minute ago", "{count} minutes ago", minutes)
    return Text("just now")


def until(at: datetime, now: datetime) -> Text:
    """How soon, in seconds or minutes: `in 40 seconds`, `in 5 minutes`, `any moment`."""
    seconds = round((at - now).total_seconds())
    if seconds <= 0:
        return Text("any moment")
    if seconds <= _MINUTE:
        return Text.counted("in {count} second", "in {count} seconds", seconds)
    return Text.counted("in {count} minute", "in {count} minutes", -(-seconds // _MINUTE))


def quantity(count: int, noun: str = "document") -> Text:
    """A number with its noun, standing for itself: `1 document`, `12 files`. In sentences use `Text.counted`."""
    match noun:
        case "document":
            return Text.counted("{count} document", "{count} documents", count)
        case "file":
            return Text.counted("{count} file", "{count} files", count)
    raise ValueError(noun)


def shorten(text: str) -> str:
    """The beginning of a digest or summary, enough to compare by eye."""
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def describe_profile(profile: Profile) -> Text:
    """How documents are sealed: `EDOC container (XAdES), B-LTA, by hash: files stay here, validated by eParaksts`."""
    words = Text("{format}, B-{level}", format=_FORMATS[profile.format], level=profile.level)
    if profile.content is Content.HASH_ONLY:
        words = Text("{profile}, by hash: files stay here", profile=words)
    if profile.validation is Validation.VENDOR:
        words = Text("{profile}, validated by eParaksts", profile=words)
    return words


def amount(value: Decimal, currency: str | None, language: Language) -> str:
    """A sum of money, two digits after the point or more: `1,234.50 EUR`, `1 234,50 EUR`."""
    figures = format_decimal(value, "#,##0.00##", locale=language.value)
    return f"{figures} {currency}" if currency else figures
