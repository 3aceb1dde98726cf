"""Lengths of time and moments as short as sentences want them, alike in every language."""

from datetime import datetime, timedelta, tzinfo

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def describe_length(length: timedelta) -> str:
    """A length of time in its largest unit, or two: `40 s`, `2 min`, `1 h 5 min`, `3 d`."""
    if length < 2 * _MINUTE:
        return f"{max(0, round(length.total_seconds()))} s"
    if length < _HOUR:
        return f"{length // _MINUTE} min"
    if length >= 2 * _DAY:
        return f"{length // _DAY} d"
    minutes = length % _HOUR // _MINUTE
    return f"{length // _HOUR} h {minutes} min" if minutes else f"{length // _HOUR} h"


def describe_moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A moment by the clock of that zone, with its day where that is another one: `14:00`, `2026-11-24 09:00`."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"
