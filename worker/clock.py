"""The one place where the time is read; everything else is given it."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

__all__ = ["AgeByStopwatch", "SteadyClock", "monotonic", "utc_now"]

_MOST_TIMES = 10_000
"""Recorded times that are remembered; one that was forgotten is only looked at anew."""


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class SteadyClock:
    """The time at which it was made, and what has passed since: no step of the machine's clock moves it."""

    def __init__(self) -> None:
        self._made, self._from = utc_now(), monotonic()

    def __call__(self) -> datetime:
        """The time, with its zone."""
        return self._made + timedelta(seconds=monotonic() - self._from)


class AgeByStopwatch:
    """How long ago recorded times were, whatever somebody does to the clock meanwhile.

    At the first look the clock tells, and a time in the future counts as this very moment; from then on a stopwatch
    runs. So a clock that is set back by an hour makes nobody wait for an hour, and one that is set forward makes
    nothing old that this process knows already.
    """

    def __init__(self, now: Callable[[], datetime], stopwatch: Callable[[], float]) -> None:
        self._now = now
        self._stopwatch = stopwatch
        self._births: OrderedDict[datetime, float] = OrderedDict()

    def __call__(self, at: datetime) -> timedelta:
        """The age of that time, never less than nothing."""
        seconds = self._stopwatch()
        if at not in self._births:
            self._births[at] = seconds - max(0.0, (self._now() - at).total_seconds())
            if len(self._births) > _MOST_TIMES:
                self._births.popitem(last=False)
        self._births.move_to_end(at)
        return timedelta(seconds=seconds - self._births[at])
