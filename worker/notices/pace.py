"""When something is told: how long to wait after a failure, when it is given up, and when people are left in peace."""

from datetime import datetime, time, timedelta

_PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 18000, 18000)
)
"""After each failure in a row; nearly a day together, and nothing is tried after the last."""
_WHOLE_TARGET = timedelta(minutes=5)
"""A target that cannot be reached at all is tried no less often than this, whatever its notices wait for."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many failures; None to give up."""
    return now + _PAUSES[attempts - 1] if attempts <= len(_PAUSES) else None


def next_patient_try(attempts: int, now: datetime) -> datetime:
    """When to try again what is never given up: with the longest pause in the end."""
    return now + _PAUSES[min(attempts, len(_PAUSES)) - 1]


def next_visit(attempts: int, now: datetime) -> datetime:
    """When to try a target again that could not be reached so many times in a row."""
    return min(now + _WHOLE_TARGET, next_patient_try(attempts, now))


def is_quiet(now: datetime, quiet: tuple[time, time] | None) -> bool:
    """Say whether nothing is sent at that time, whose zone is the people's. The hours may go over midnight."""
    if quiet is None:
        return False
    begin, end = quiet
    clock = now.time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end
