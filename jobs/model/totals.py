"""What documents are about, added up for the person who approves them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from jobs.model.metadata import Metadata


def total_by_currency(known: Iterable[Metadata | None]) -> Mapping[str, Decimal]:
    """Add up the sums that senders gave, each currency (ISO 4217) by itself, in alphabetical order.

    Sums without a currency stand under an empty name; what says no sum counts for nothing.
    """
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in known:
        if each is not None and each.total is not None:
            totals[each.currency or ""] += each.total
    return dict(sorted(totals.items()))
