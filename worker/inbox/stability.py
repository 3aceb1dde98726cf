"""When a file is complete. No event says so: an uploader may pause, and copying can keep an old modification time.

So only two looks count: a file has settled when it had the same fingerprint in every look for long enough.
A program that must be certain writes to `name.part` and renames it when done.
"""

from dataclasses import dataclass
from datetime import timedelta

from worker.storage.fingerprint import Fingerprint


@dataclass(frozen=True, slots=True)
class Stability:
    """A fingerprint, the time (monotonic seconds) since which every look was equal, and that of the very first look."""

    fingerprint: Fingerprint
    since: float
    first: float

    def has_settled(self, at: float, settle: timedelta) -> bool:
        """Say whether the file was unchanged for long enough; with a settle time of 0 one look is enough."""
        return at - self.since >= settle.total_seconds()


def look_again(earlier: Stability | None, fingerprint: Fingerprint, at: float) -> Stability:
    """Add a look to what is known of a file; one that differs starts anew."""
    if earlier is None:
        return Stability(fingerprint, at, at)
    return earlier if earlier.fingerprint == fingerprint else Stability(fingerprint, at, earlier.first)
