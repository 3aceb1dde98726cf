"""Days, as somebody names them, in Unix time. Pure."""

from datetime import date, datetime, time, timedelta, tzinfo

from worker.storage.index.database import WEEK

# Beyond them neither clocks nor the whole numbers of SQLite can tell every day that somebody may type.
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2200, 1, 1)
_EVER = float(WEEK << 20)
"""Seconds before and after 1970 in which everything comes, in whole weeks."""
Span = tuple[float, float]
"""Unix time: from when on, and until when."""


def span_of(since: date | None, until: date | None, zone: tzinfo | None) -> Span:
    """These days, both of which count; without end where one is not named."""
    begin = -_EVER if since is None else begin_of(since, zone)
    return begin, max(begin, _EVER if until is None else end_of(until, zone))


def begin_of(day: date, zone: tzinfo | None) -> float:
    """When the day begins there; of days on which nothing can have come, that of the nearest other."""
    return datetime.combine(min(max(day, _FIRST_DAY), _LAST_DAY), time.min, zone).timestamp()


def end_of(day: date, zone: tzinfo | None) -> float:
    """When the day ends there, likewise."""
    return begin_of(min(day, _LAST_DAY) + timedelta(days=1), zone)
