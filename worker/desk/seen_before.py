"""Whether what a batch holds was there before, in another batch: sealed already, or on its way."""

from collections.abc import Mapping

from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from worker.desk.marks import SeenBefore
from worker.desk.ports import DeskContext


async def find_seen_before(history: History, desk: DeskContext) -> Mapping[str, SeenBefore]:
    """What else is known of the same contents, by SHA-256 (hexadecimal); a sealing counts before what only waits."""
    hashes = {document.sha256.hex for document in history.documents.values()}
    found: dict[str, SeenBefore] = {}
    for batch in await desk.tools.ledger.open_batches():
        if batch == history.batch:
            continue
        try:
            other = await desk.tools.ledger.read(batch)
        except (BrokenLedger, UnknownBatch):
            continue
        if not other.is_over:
            same = {document.sha256.hex for document in other.documents.values()} & hashes
            found |= dict.fromkeys(same, SeenBefore(batch, None))
    for sha256, sidecar in (await desk.deliveries.deliveries_of(hashes)).items():
        if sidecar.batch != history.batch:
            found[sha256] = SeenBefore(sidecar.batch, sidecar.sealed.sealed_at)
    return found
