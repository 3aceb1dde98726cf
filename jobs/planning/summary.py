"""What a simulated policy comes to: how long documents waited, and how often a person was asked. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from jobs.planning.simulation import Scenario, SimulatedDays


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took: in the middle, for all but a tenth, for all but a hundredth, and at most."""

    median: timedelta
    p90: timedelta
    p99: timedelta
    max: timedelta

    @classmethod
    def of(cls, lengths: Iterable[timedelta]) -> Self:
        """Of these lengths, of which there is one at least."""
        ordered = sorted(lengths)
        return cls(*(_rank(ordered, share) for share in (0.5, 0.9, 0.99, 1)))


@dataclass(frozen=True, slots=True)
class Summary:
    """`asked` is how long documents waited until their person was asked, `sealed` until they were delivered.

    `approvals` are passwords and `sittings` interruptions, both for each day; `size` is the batch in the middle, and
    `largest` the largest one.
    """

    documents: int
    asked: Spread
    sealed: Spread
    approvals: float
    sittings: float
    size: int
    largest: int

    @classmethod
    def of(cls, outcome: SimulatedDays, scenario: Scenario, days: int) -> Self:
        """Sum up what came of so many days, on which one document came at least."""
        batches = outcome.batches
        sizes = sorted(len(batch.arrivals) for batch in batches)
        delivery = {size: timedelta(seconds=size / scenario.delivered) for size in sizes}
        ends = [(batch, batch.approved_at + delivery[len(batch.arrivals)]) for batch in batches]
        return cls(
            documents=sum(sizes),
            asked=Spread.of(batch.asked_at - at for batch in batches for at in batch.arrivals),
            sealed=Spread.of(end - at for batch, end in ends for at in batch.arrivals),
            approvals=len(batches) / days,
            sittings=outcome.sittings / days,
            size=sizes[len(sizes) // 2],
            largest=sizes[-1],
        )


def _rank(ordered: Sequence[timedelta], share: float) -> timedelta:
    """The smallest length that so large a share does not exceed."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]
