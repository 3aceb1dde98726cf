"""A quarantine in memory: the first refusal of each document."""

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal


class MemoryQuarantine:
    def __init__(self) -> None:
        self.refusals: dict[DocumentId, Refusal] = {}

    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        self.refusals.setdefault(document.id, refusal)

    async def reasons(self) -> dict[DocumentId, Reason]:
        return {document: refusal.reason for document, refusal in self.refusals.items()}
