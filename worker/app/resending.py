"""Sending what lies in quarantine through once more: `zimogs retry` and the desk."""

from collections.abc import Mapping, Sequence

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.names import DocumentId, RouteName
from jobs.model.records import Refusal
from worker.app.intake import take_in_order
from worker.app.on_disk import OnDisk
from worker.inbox.intake import Intake
from worker.storage.resent import Resending, SealedAlready
from worker.storage.sidecar import Sidecar


async def send_again(
    documents: Sequence[DocumentId],
    intake: Intake,
    disk: OnDisk,
    *,
    route: RouteName | None = None,
    metadata: bytes | None = None,
    again: bool = False,
) -> Sequence[Resending]:
    """Send each one through as a new document, in this order; gives what became of each.

    `route` where one had none, or another one shall be taken; `metadata` (JSON) in the place of what sidecars say.
    Content that was sealed before is left in quarantine, unless it shall be sealed `again`.
    """
    sealed = {} if again else await find_sealed(documents, disk)

    async def send(document: DocumentId) -> Document | Refusal | Duplicate:
        if document in sealed:
            raise SealedAlready(sealed[document])
        return await intake.retry(document, route, metadata)

    return await take_in_order(map(send, documents))


async def find_sealed(documents: Sequence[DocumentId], disk: OnDisk) -> Mapping[DocumentId, Sidecar]:
    """Of those in quarantine, the ones whose content was sealed before, with what tells of that."""
    entries = (*await disk.quarantine.entries(), *await disk.quarantine.dismissed_entries())
    hashes = {entry.explanation.document: entry.explanation.sha256 for entry in entries}
    wanted = {document: hashes[document] for document in documents if hashes.get(document)}
    known = await disk.outbox.deliveries_of(set(wanted.values())) if wanted else {}
    return {document: known[hashed] for document, hashed in wanted.items() if hashed in known}
