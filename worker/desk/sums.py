"""What documents amount to together, as far as whoever sent them said so. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from jobs.model.metadata import Metadata
from jobs.model.totals import total_by_currency


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
        known = tuple(documents)
        said = [each for each in known if each is not None and each.total is not None and each.currency is not None]
        counts = Counter(each.currency for each in said)
        sums = (Sum(total, currency, counts[currency]) for currency, total in total_by_currency(said).items())
        return cls(tuple(sums), len(known) - len(said))
