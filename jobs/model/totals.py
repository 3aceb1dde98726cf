"""What documents are about, added up for the person who approves them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from jobs.model.documents import Document


def total_by_currency(documents: Iterable[Document]) -> Mapping[str, Decimal]:
    """Add up the sums that senders gave, each currency (ISO 4217) by itself, in alphabetical order.

    Sums without a currency stand under an empty name; documents without a sum count for nothing.
    """
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        known = document.metadata
        if known is not None and known.total is not None:
            totals[known.currency or ""] += known.total
    return dict(sorted(totals.items()))
