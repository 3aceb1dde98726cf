"""How fast batches went lately, and when people last had to do with them: read off the times of their records. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from jobs.model.glance import Glance
from jobs.model.lifecycle import State
from jobs.model.names import BatchId

_TELLING = 20
"""Documents; a smaller batch tells how long a call takes, and nothing of how long many documents do."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Documents a second from each stage to the next, and how long people took; None where nothing tells so far.

    `life` is how long the vendor's sessions, or the patience with an approval, lasted from the newest preparation on.
    `proven` is the largest batch that came to its end, whatever it had to wait for on its way.
    """

    prepared: float | None = None
    signed: float | None = None
    delivered: float | None = None
    last_approval: timedelta | None = None
    longest_approval: timedelta | None = None
    life: timedelta | None = None
    proven: int = 0

    @classmethod
    def of(cls, glances: Iterable[Glance]) -> Self:
        """Measure batches of one route, in any order.

        The fastest tells each rate: the others waited for their turn as well, or for a vendor that was away.
        """
        known = sorted(glances, key=lambda glance: glance.passages[0].at)
        approvals = [length for glance in known for length in _lengths(glance, State.PREPARED, State.SIGNING)]
        lives = [glance.newest.expires_at - glance.newest.at for glance in known if glance.newest]
        return cls(
            prepared=_fastest(known, State.GATHERED, State.PREPARED),
            signed=_fastest(known, State.SIGNING, State.SIGNED),
            delivered=_fastest(known, State.SIGNED, State.DELIVERED),
            last_approval=approvals[-1] if approvals else None,
            longest_approval=max(approvals, default=None),
            life=lives[-1] if lives else None,
            proven=max((one.documents for one in known if one.state is State.DELIVERED), default=0),
        )


class Asked(NamedTuple):
    """When people were last asked for something or did it, and the oldest batch that waits for them or soon will."""

    at: datetime | None = None
    batch: BatchId | None = None


def last_touch(glances: Iterable[Glance]) -> datetime | None:
    """When people last had to do with one of these batches: they were asked, or released or approved it."""
    touched = {State.PREPARED, State.RELEASED, State.SIGNING}
    times = (passage.at for glance in glances for passage in glance.passages if passage.state in touched)
    return max(times, default=None)


def _fastest(glances: Iterable[Glance], begin: State, end: State) -> float | None:
    rates = (
        glance.documents / max(length.total_seconds(), 1e-3)
        for glance in glances
        if glance.documents >= _TELLING
        for length in _lengths(glance, begin, end)
    )
    return max(rates, default=None)


def _lengths(glance: Glance, begin: State, end: State) -> Iterator[timedelta]:
    """How long it took from each record of one kind to the next of the other, with nothing of these kinds between."""
    since: datetime | None = None
    for passage in glance.passages:
        if passage.state is begin:
            since = passage.at
        elif passage.state is end and since is not None:
            yield max(timedelta(0), passage.at - since)
            since = None
        elif passage.state is State.LAPSED:
            since = None
