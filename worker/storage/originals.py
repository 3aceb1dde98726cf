"""Where an original stands now: on the shelf, in quarantine, or among those that are kept; and that it is that one."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, takewhile
from pathlib import Path

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId
from worker.storage.copying import hash_files
from worker.storage.layout import Layout, name_duplicates
from worker.storage.names import free_names
from worker.storage.threads import in_thread

_AT_ONCE = 2
"""Files that are hashed at once: gigabytes take their time, and threads are needed by whoever seals."""
_MOST_OF_ONE_NAME = 100
"""Documents of one name in a batch, which it cannot have more of."""


class KeptOriginals:
    """Implements `worker.storage.ports.OriginalFiles` below the data folder, where nobody else writes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def find(self, batch: BatchId | None, document: Document, file: DataFile) -> Path | None:
        """Where that file of the document stands, its bytes held against its hash; None where it stands nowhere.

        `batch` is None for a document that no batch ever held.
        """
        async with self._turns:
            return await self._find(batch, document, file)

    @in_thread
    def _find(self, batch: BatchId | None, document: Document, file: DataFile) -> Path | None:
        for original in self._places(batch, document):
            path = original / file.name if document.data_files else original
            # It may be on its way to the next place.
            with suppress(FileNotFoundError, NotADirectoryError):
                if path.stat().st_size == file.size and hash_files(path)[0].sha256 == file.sha256:
                    return path
        return None

    def _places(self, batch: BatchId | None, document: Document) -> Iterator[Path]:
        yield self._layout.place(document.id).original
        yield self._layout.quarantine_place(document.id).original
        for kept in map(self._layout.originals, filter(None, (batch, name_duplicates(document.route)))):
            # Where a file stood in the place of a folder, its parts were made one name.
            for name in dict.fromkeys((document.name, document.name.replace("/", "_"))):
                # Documents of one name stand there as `name`, `name (2)`, … without a gap.
                yield from islice(takewhile(Path.exists, map(kept.joinpath, free_names(name))), _MOST_OF_ONE_NAME)
