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
    """What one look at a file saw: size in bytes, modification time in nanoseconds."""

    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Read off the status that the system gave."""
        return cls(status.st_size, status.st_mtime_ns)

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Look at a file; None when it is gone, or is no regular file (links are not followed)."""
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
        return cls.of(status) if stat.S_ISREG(status.st_mode) else None


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
