from datetime import datetime, timedelta

_FIRST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=1)


class Backoff:
    """Which batches and routes failed lately and are left alone for a while: 1 s, then twice as long each time.

    Kept in memory only: after a restart everything is tried again at once.
    """

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def extend(self, subject: str, now: datetime, after: timedelta | None = None) -> timedelta:
        """Leave the subject alone after one more failure, for `after` where the vendor asked for it; gives how long."""
        failures = self._failures.get(subject, 0)
        pause = after or min(_LONGEST, _FIRST * 2 ** min(failures, 10))
        self._failures[subject] = failures + 1
        self._until[subject] = now + pause
        return pause

    def reset(self, subject: str) -> None:
        """Forget the subject's failures."""
        self._failures.pop(subject, None)
        self._until.pop(subject, None)

    def is_active(self, subject: str, now: datetime) -> bool:
        """Say whether it is too early to try again."""
        return subject in self._until and now < self._until[subject]
