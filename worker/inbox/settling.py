"""When a file is complete. No event says so: an uploader may pause, and copying can keep an old modification time.

So only two looks count: a file is settled when it had the same size and time in every look for long enough.
A program that must be certain writes to `name.part` and renames it when done.
"""

import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Look:
    """What one look saw: size in bytes, modification time in nanoseconds; of a folder all sizes and the latest time."""

    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Read off the status that the system gave."""
        return cls(status.st_size, status.st_mtime_ns)

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Look at a file, or all through a folder; None when it is gone, or is neither (links are not followed)."""
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                return cls._through(path, status)
        except FileNotFoundError:
            return None
        return cls.of(status) if stat.S_ISREG(status.st_mode) else None

    @classmethod
    def _through(cls, folder: Path, status: os.stat_result) -> Self:
        # A folder's own time tells of files that came or went, so that no change of names goes unseen.
        found = [each.lstat() for each in folder.rglob("*")]
        size = sum(each.st_size for each in found if stat.S_ISREG(each.st_mode))
        return cls(size, max(each.st_mtime_ns for each in (status, *found)))


@dataclass(frozen=True, slots=True)
class Sighting:
    """A look, and the time (monotonic seconds) of the first of the equal looks in a row."""

    look: Look
    since: float

    def settled(self, at: float, settle: timedelta) -> bool:
        """Say whether the file has looked like this for long enough; with a settle time of 0 one look is enough."""
        return at - self.since >= settle.total_seconds()


def sighted(earlier: Sighting | None, look: Look, at: float) -> Sighting:
    """Add a look to an earlier sighting; one that differs starts anew."""
    return earlier if earlier is not None and earlier.look == look else Sighting(look, at)
