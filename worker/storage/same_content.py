"""Whether what a batch holds was there before, in another batch: sealed already, or on its way."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from jobs.model.earlier import SameContent
from jobs.model.names import BatchId
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.index.entries import Ending
from worker.storage.sidecar import Sidecar

FindDeliveries = Callable[[Collection[str]], Awaitable[Mapping[str, Sidecar]]]
"""Tells deliveries of originals with these SHA-256 (hexadecimal), by hash."""


class ContentSearch:
    """Implements `worker.desk.ports.FindSameContent`: asks the index of all batches, and what the outbox remembers.

    While there is no index the outbox alone tells: it is a hint for whoever approves, and nothing waits for it.
    """

    def __init__(self, index: BatchIndex, find_deliveries: FindDeliveries) -> None:
        self._index = index
        self._find_deliveries = find_deliveries

    async def find(self, batch: BatchId, hashes: Collection[str]) -> Mapping[str, SameContent]:
        """What else is known of these contents (SHA-256, hexadecimal); a sealing counts before what only waits."""
        found: dict[str, SameContent] = {}
        with suppress(IndexUnusable, TooMuchWork):
            for sha256, documents in (await self._index.find_content(hashes)).items():
                others = [each for each in documents if each.batch != batch and each.ending is not Ending.REFUSED]
                # The sort is stable: of what was sealed the newest, else of what waits the newest.
                for other in sorted(others, key=lambda each: each.ending is not Ending.SEALED)[:1]:
                    sealed_at = other.ended_at if other.ending is Ending.SEALED else None
                    found[sha256] = SameContent(batch=other.batch, sealed_at=sealed_at)
        for sha256, sidecar in (await self._find_deliveries(hashes)).items():
            if sidecar.batch != batch:
                found[sha256] = SameContent(batch=sidecar.batch, sealed_at=sidecar.sealed.sealed_at)
        return found
