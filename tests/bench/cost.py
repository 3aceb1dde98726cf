"""What something costs for each document."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for each document: processor time of the process that is measured, and time on the wall."""

    cpu: float
    wall: float

    def __add__(self, other: "Cost") -> "Cost":
        """Both, one after the other."""
        return Cost(self.cpu + other.cpu, self.wall + other.wall)

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> "Cost":
        """The middle of each."""
        return cls(median(one.cpu for one in costs), median(one.wall for one in costs))
