"""Whether what a batch holds was there before, in another batch: sealed already, or on its way."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from jobs.model.earlier import SameContent
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Ledger
from worker.storage.sidecar import Sidecar

FindDeliveries = Callable[[Collection[str]], Awaitable[Mapping[str, Sidecar]]]
"""Tells deliveries of originals with these SHA-256 (hexadecimal), by hash."""


class ContentSearch:
    """Implements `worker.desk.ports.FindSameContent`: looks at every open batch, and at what the outbox remembers."""

    def __init__(self, ledger: Ledger, find_deliveries: FindDeliveries) -> None:
        self._ledger = ledger
        self._find_deliveries = find_deliveries

    async def find(self, batch: BatchId, hashes: Collection[str]) -> Mapping[str, SameContent]:
        """What else is known of these contents (SHA-256, hexadecimal); a sealing counts before what only waits."""
        found: dict[str, SameContent] = {}
        for other in await self._ledger.open_batches():
            if other != batch:
                found |= dict.fromkeys(await self._hashes_of(other) & set(hashes), SameContent(batch=other))
        for sha256, sidecar in (await self._find_deliveries(hashes)).items():
            if sidecar.batch != batch:
                found[sha256] = SameContent(batch=sidecar.batch, sealed_at=sidecar.sealed.sealed_at)
        return found

    async def _hashes_of(self, batch: BatchId) -> set[str]:
        try:
            history = await self._ledger.read(batch)
        except (BrokenLedger, UnknownBatch):
            # It is set apart; whoever looks after it sees what is in it.
            return set()
        return set() if history.is_over else {document.sha256.hex for document in history.documents.values()}
