"""Looking at documents: each content once, one at a time, and never while somebody waits who seals."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId
from worker.error_text import error_text
from worker.preview.cache import PreviewCache
from worker.preview.drawer import Drawer
from worker.preview.look import Look, is_pictured
from worker.storage.ports import OriginalFiles
from worker.storage.threads import in_thread

log = structlog.get_logger()


class Previews:
    """Implements `worker.desk.ports.DocumentPreviews`. However many ask, one thread of the process draws."""

    def __init__(self, originals: OriginalFiles, cache: PreviewCache, drawer: Drawer) -> None:
        self._originals = originals
        self._cache = cache
        self._drawer = drawer
        self._turn = asyncio.Lock()

    @in_thread
    def find_looks(self, documents: Sequence[Document]) -> Mapping[str, Look]:
        """What was seen so far of these documents' files, by their SHA-256 (hexadecimal)."""
        files = {file.sha256.hex: file for document in documents for file in document.files if is_pictured(file)}
        looks = ((key, self._cache.find(file)) for key, file in files.items())
        return {key: look for key, look in looks if look is not None}

    async def picture(self, batch: BatchId | None, document: Document, file: DataFile) -> bytes | None:
        """The first page (JPEG), drawn now where it has to be; None where it cannot be."""
        try:
            look = await self.look(batch, document, file)
            return None if look is None or look.fault else await asyncio.to_thread(self._cache.picture, file)
        except OSError as error:
            # A full disk, perhaps: whoever approves can do without.
            log.warning("preview failed", document=document.id, error=error_text(error))
            return None

    async def look(self, batch: BatchId | None, document: Document, file: DataFile) -> Look | None:
        """What is to be seen of the file; None where its original is not here any more. Raises OSError."""
        known = await asyncio.to_thread(self._cache.find, file)
        if known is not None:
            return known
        async with self._turn:
            # Whoever had the turn before may have drawn just this.
            known = await asyncio.to_thread(self._cache.find, file)
            if known is not None:
                return known
            path = await self._originals.find(batch, document, file)
            if path is None:
                return None
            look, picture = await asyncio.to_thread(self._drawer.draw, path, file.media_type)
            await asyncio.to_thread(self._cache.keep, file, look, picture)
            return look

    @in_thread
    def forget(self, gone: Sequence[Document]) -> None:
        """Let go of what was seen of these documents. Raises OSError."""
        for file in (file for document in gone for file in document.files if is_pictured(file)):
            self._cache.forget(file)

    @in_thread
    def tidy(self) -> None:
        """Let go of what is too old, or too much. Raises OSError."""
        self._cache.tidy()

    def close(self) -> None:
        """End the process that draws."""
        self._drawer.close()
