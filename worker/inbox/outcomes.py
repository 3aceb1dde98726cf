"""What became of a file in the inbox. Given to whoever observes the intake, for logs and metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.names import RouteName
from worker.error_text import error_text
from worker.inbox.claim import Claim
from worker.storage.explanation import Explanation
from worker.storage.fingerprint import Changing
from worker.storage.names import escape_controls
from worker.storage.tree import Location
from worker.storage.untaken import Obstacle, Untaken


@dataclass(frozen=True, slots=True)
class Stuck:
    """The system would not let us, or we met a fault of our own; nothing is lost, and it is tried again."""

    path: Path
    error: Exception

    @property
    def is_unexpected(self) -> bool:
        """Whether it is a fault of ours: of the system's errors people can be told, of others only support."""
        return not isinstance(self.error, OSError)

    def untaken(self, now: datetime) -> Untaken:
        """The same for the list of what is left; how long it has been so is for others to remember."""
        path, error = escape_controls(str(self.path)), self.error
        obstacle = Obstacle.STUCK if isinstance(error, OSError) else Obstacle.UNEXPECTED
        detail = (isinstance(error, OSError) and error.strerror) or error_text(error)
        return Untaken(path=path, route=None, obstacle=obstacle, since=now, detail=detail)


@dataclass(frozen=True, slots=True)
class Slow:
    """The document stands on the shelf, and takes so long to read that it must not be read beside others."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Uncompared:
    """The document may wait, and is not let in before somebody has looked whether the same content came before.

    `is_wanted` is one that a person has sent again: it is let in in any case.
    """

    document: Document
    is_wanted: bool = False


IntakeOutcome = Document | Explanation | Duplicate | Untaken | Stuck | Slow | Uncompared
"""The document waits, durably; or it lies in quarantine, explained; or it is a duplicate; or it is left where it is;
or it is tried again; or its intake goes on."""


def leave_for_error(location: Location, route: RouteName | None, since: datetime, error: OSError) -> Untaken:
    """A file that somebody still writes to, or that cannot be read, stays where it is."""
    obstacle = Obstacle.WRITTEN if isinstance(error, Changing) else Obstacle.UNREADABLE
    return leave_at(location, route, since, obstacle, error.strerror or "")


def leave_at(
    location: Location, route: RouteName | None, since: datetime, obstacle: Obstacle, detail: str = ""
) -> Untaken:
    """A file stays where it is, for that reason."""
    path = escape_controls(str(location.path))
    return Untaken(path=path, route=route, obstacle=obstacle, since=since, detail=detail)


@dataclass(frozen=True, slots=True)
class Rescan:
    """What one look at the whole inbox brought. `unsettled` files are looked at again, `later` ones wait their turn."""

    claimed: int
    quarantined: int
    unsettled: int
    routes: frozenset[RouteName]
    later: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[IntakeOutcome], unsettled: int, later: int = 0) -> Self:
        """Count outcomes; what is tried again counts as unsettled."""
        outcomes = tuple(outcomes)
        received = [outcome for outcome in outcomes if isinstance(outcome, Document)]
        refused = sum(isinstance(outcome, Explanation) for outcome in outcomes)
        duplicates = sum(isinstance(outcome, Duplicate) for outcome in outcomes)
        taken = len(received) + duplicates
        again = len(outcomes) - taken - refused
        return cls(taken, refused, unsettled + again, frozenset(document.route for document in received), later)
