"""Originals of documents wherever they are in their life: fetched from the bucket, held against their hashes."""

import asyncio
from pathlib import Path

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId
from worker.objects.documents import StoredDocuments
from worker.storage.layout import Layout

_AT_ONCE = 4


class ObjectOriginals:
    """Implements `worker.storage.ports.OriginalFiles`; what is found stands on this machine's shelf."""

    def __init__(self, documents: StoredDocuments, layout: Layout) -> None:
        self._documents = documents
        self._layout = layout
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def find(self, batch: BatchId | None, document: Document, file: DataFile) -> Path | None:  # noqa: ARG002
        """Where that file of the document stands, its bytes held against its hash; None where it is kept no more."""
        async with self._turns:
            try:
                await self._documents.bring(document)
            except FileNotFoundError:
                return None
        original = self._layout.place(document.id).original
        return original / file.name if document.data_files else original
