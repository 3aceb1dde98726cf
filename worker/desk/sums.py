"""What documents amount to together, as far as whoever sent them said so. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from jobs.model.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of money in a currency (ISO 4217), and of how many documents it is."""

    total: Decimal
    currency: str
    documents: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A sum for each currency, by its name, and how many documents say no sum."""

    sums: tuple[Sum, ...]
    unsaid: int

    @classmethod
    def of(cls, documents: Iterable[Metadata | None]) -> Self:
        """Add up; a sum without a currency counts as none is said."""
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        counts: Counter[str] = Counter()
        unsaid = 0
        for known in documents:
            if known is None or known.total is None or known.currency is None:
                unsaid += 1
            else:
                totals[known.currency] += known.total
                counts[known.currency] += 1
        return cls(tuple(Sum(totals[name], name, counts[name]) for name in sorted(totals)), unsaid)
