"""What documents amount to together, as far as whoever sent them said so. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from jobs.model.documents import Document


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of money, in a currency (ISO 4217; empty where none was told), and of how many documents."""

    total: Decimal
    currency: str
    documents: int


def sums(documents: Iterable[Document]) -> tuple[Sum, ...]:
    """One sum for each currency that is named, by its name; documents of which no sum is known are in none."""
    found: dict[str, Sum] = {}
    for document in documents:
        if document.metadata is None or document.metadata.total is None:
            continue
        currency = document.metadata.currency or ""
        known = found.get(currency, Sum(Decimal(0), currency, 0))
        found[currency] = Sum(known.total + document.metadata.total, currency, known.documents + 1)
    return tuple(found[currency] for currency in sorted(found))
