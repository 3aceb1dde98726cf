"""Times and sizes as the people of a language write them (CLDR, by Babel). Pure; a zone of None is the machine's."""

from datetime import date, datetime, tzinfo

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from jobs.model.text import Language, Text
from worker.translation.telling import translate

_LOCALES = {Language.ENGLISH: "en_GB", Language.LATVIAN: "lv"}
_UNITS = ("kB", "MB", "GB", "TB")
_KILO = 1000


def moment(at: datetime, language: Language = Language.ENGLISH, zone: tzinfo | None = None) -> str:
    """A time by the clock of the house, with its zone: `23 Nov 2026, 14:05 EET`."""
    return f"{day(at, language, zone)}, {at.astimezone(zone):%H:%M %Z}"


def day(at: datetime, language: Language = Language.ENGLISH, zone: tzinfo | None = None) -> str:
    """A date by the clock of the house: `23 Nov 2026`, `2026. g. 23. nov.`."""
    return calendar_day(at.astimezone(zone), language)


def calendar_day(value: date, language: Language = Language.ENGLISH) -> str:
    """A date as it stands on a document: `23 Nov 2026`, `2026. g. 23. nov.`."""
    return format_skeleton("yMMMd", value, locale=_LOCALES[language])


def size(count: int, language: Language = Language.ENGLISH) -> str:
    """Bytes in decimal units, as file managers show them: 1 234 567 → `1.2 MB`, `1,2 MB`."""
    if count < _KILO:
        return translate(Text.counted("{count} byte", "{count} bytes", count), language)
    amount, unit = count / _KILO, 0
    while round(amount, 1) >= _KILO and unit < len(_UNITS) - 1:
        amount, unit = amount / _KILO, unit + 1
    return f"{format_decimal(amount, '0.0', locale=_LOCALES[language])} {_UNITS[unit]}"
