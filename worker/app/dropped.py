"""Batches that went by policy: what was delivered with them is known for good, and their records are not."""

from collections.abc import Iterable

from jobs.model.errors import BrokenLedger, DroppedBatch, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Ledger


async def find_dropped(ledger: Ledger, batches: Iterable[BatchId]) -> frozenset[BatchId]:
    """Those of these batches of which nothing but a stone stands. Raises OSError."""
    dropped = set()
    for batch in frozenset(batches):
        try:
            await ledger.read(batch)
        except DroppedBatch:
            dropped.add(batch)
        except (UnknownBatch, BrokenLedger):
            continue
    return frozenset(dropped)
