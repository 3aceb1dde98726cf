"""What is left in the inbox, over many rescans: who has to be told, and when."""

from collections.abc import Iterable
from datetime import timedelta

from worker.clock import utc_now
from worker.storage.ports import UntakenBook
from worker.storage.untaken import Obstacle, Untaken

UntakenKey = tuple[str, Obstacle]


class Leftovers:
    """Remembers since when each thing is left. What is left for longer than `patience` stands on the list."""

    def __init__(self, untaken: UntakenBook, patience: timedelta) -> None:
        self._list = untaken
        self._patience = patience
        self._left: dict[UntakenKey, Untaken] = {}
        self._overdue: tuple[Untaken, ...] = ()
        self._told: set[UntakenKey] = set()

    def note(self, left: Iterable[Untaken]) -> list[Untaken]:
        """Note what a rescan found; gives what has not been told yet."""
        known, self._left = self._left, {}
        for each in left:
            key = each.path, each.obstacle
            # A thing of which the system tells no time is as old as our knowledge of it.
            self._left[key] = min(each, known.get(key, each), key=lambda untaken: untaken.since)
        self._told &= self._left.keys()
        now = utc_now()
        overdue = {key: each for key, each in self._left.items() if now - each.since >= self._patience}
        self._overdue = tuple(overdue.values())
        # The system's errors are told at once; all else may be a matter of moments.
        due = overdue | {key: each for key, each in self._left.items() if each.obstacle is Obstacle.UNREADABLE}
        fresh = [each for key, each in due.items() if key not in self._told]
        self._told |= due.keys()
        return fresh

    def write(self) -> None:
        """Bring the list up to date, for those who ask. Raises OSError."""
        self._list.write(self._overdue)
