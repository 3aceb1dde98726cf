from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.ports import Age

_FIRST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=1)


class _Pause(NamedTuple):
    """Since when a subject is left alone, and for how long."""

    since: datetime
    length: timedelta


class Backoff:
    """Which batches and routes failed lately and are left alone for a while: 1 s, then twice as long each time.

    Kept in memory only: after a restart everything is tried again at once.
    """

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._pauses: dict[str, _Pause] = {}

    def extend(self, subject: str, now: datetime, after: timedelta | None = None) -> timedelta:
        """Leave the subject alone after one more failure, for `after` where the vendor asked for it; gives how long."""
        failures = self._failures.get(subject, 0)
        pause = after or min(_LONGEST, _FIRST * 2 ** min(failures, 10))
        self._failures[subject] = failures + 1
        self._pauses[subject] = _Pause(now, pause)
        return pause

    def reset(self, subject: str) -> None:
        """Forget the subject's failures."""
        self._failures.pop(subject, None)
        self._pauses.pop(subject, None)

    def is_active(self, subject: str, age: Age) -> bool:
        """Say whether it is too early to try again."""
        pause = self._pauses.get(subject)
        return pause is not None and age(pause.since) < pause.length
