"""Looking at the inbox again and again: what has settled meanwhile, and what cannot be taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from worker.clock import utc_now
from worker.inbox.candidates import Candidate, ClaimedFile, Inbox
from worker.inbox.stability import Stability, look_again
from worker.inbox.turns import Turns
from worker.storage.names import escape_controls
from worker.storage.tree import Location
from worker.storage.untaken import Obstacle, Untaken

MOST_LEFT = 1000
"""Things left in the inbox that are told one by one: who drops more of them shall not keep everybody busy with it."""


@dataclass
class Look:
    """What one look found: settled files whose turn it is, and how many wait for theirs (`later`).

    `large` ones have no turns: they are taken beside the others. `unsettled` files are looked at again.
    """

    quick: list[Candidate] = field(default_factory=list)
    large: list[Candidate] = field(default_factory=list)
    claimed: list[ClaimedFile] = field(default_factory=list)
    left: list[Untaken] = field(default_factory=list)
    unsettled: int = 0
    later: int = 0


class Settling:
    """Remembers of each file since when looks at it were equal; `clock` gives monotonic seconds.

    What is left for longer than `patience` is told.
    """

    def __init__(self, inbox: Inbox, clock: Callable[[], float], patience: timedelta) -> None:
        self._inbox = inbox
        self._clock = clock
        self._patience = patience.total_seconds()
        self._stabilities: dict[Location, Stability] = {}
        self._turns = Turns[Candidate](lambda candidate: candidate.location, lambda candidate: candidate.route)

    def look(self) -> Look:
        """Look at the whole inbox; blocks."""
        look = Look()
        # One after the other: of ten thousand files only those are held whose turn it is.
        look.quick, look.later = self._turns.choose(self._find_quick(look))
        return look

    def _find_quick(self, look: Look) -> Iterator[Candidate]:
        """Files that have settled and are taken at once; all else is put down in the look."""
        at, stabilities = self._clock(), dict[Location, Stability]()
        for each in self._inbox.look_around():
            if isinstance(each, ClaimedFile):
                look.claimed.append(each)
            elif isinstance(each, Untaken):
                if len(look.left) < MOST_LEFT:
                    look.left.append(each)
            else:
                earlier = self._stabilities.get(each.location)
                stability = stabilities[each.location] = look_again(earlier, each.whole_fingerprint, at)
                waits = self._inbox.waits_for_sidecar(each, at - stability.first)
                if waits or not stability.has_settled(at, self._inbox.settle):
                    look.unsettled += 1
                    if at - stability.first > self._patience:
                        look.left.append(_leave(each, at - stability.first, waits=waits))
                elif each.is_large:
                    look.large.append(each)
                else:
                    yield each
        self._stabilities = stabilities


def _leave(candidate: Candidate, seconds: float, *, waits: bool) -> Untaken:
    """It has not settled for so long, or its sidecar has not come."""
    path = escape_controls(str(candidate.location.path))
    obstacle = Obstacle.AWAITS_METADATA if waits else Obstacle.WRITTEN
    return Untaken(path=path, route=candidate.route, obstacle=obstacle, since=utc_now() - timedelta(seconds=seconds))
