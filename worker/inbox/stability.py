"""When a file is complete. No event says so: an uploader may pause, and copying can keep an old modification time.

So only two looks count: a file has settled when it had the same fingerprint in every look for long enough.
A program that must be certain writes to `name.part` and renames it when done.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Stability:
    """A fingerprint of any kind, the time (monotonic seconds) since which looks were equal, and that of the first."""

    fingerprint: Hashable
    since: float
    first: float

    def has_settled(self, at: float, settle: timedelta) -> bool:
        """Say whether the file was unchanged for long enough; with a settle time of 0 one look is enough."""
        return at - self.since >= settle.total_seconds()


def look_again(earlier: Stability | None, fingerprint: Hashable, at: float) -> Stability:
    """Add a look to what is known of a file; one that differs starts anew."""
    if earlier is None:
        return Stability(fingerprint, at, at)
    return earlier if earlier.fingerprint == fingerprint else Stability(fingerprint, at, earlier.first)
