"""Originals in memory: which documents each batch has retired."""

from collections.abc import Sequence

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId


class MemoryOriginals:
    def __init__(self) -> None:
        self.retired: dict[DocumentId, BatchId] = {}

    async def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        for document in documents:
            self.retired.setdefault(document.id, batch)
