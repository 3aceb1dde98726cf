"""Where an original stands now: on the shelf, in quarantine, or among those that are kept; and that it is that one."""

from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId
from worker.storage.copying import hash_files
from worker.storage.layout import Layout
from worker.storage.names import free_names
from worker.storage.threads import in_thread

_MOST_TWINS = 100
"""Documents of one name in a batch, which it cannot have more of."""


class KeptOriginals:
    """Implements `worker.desk.ports.OriginalFiles` below the data folder, where nobody else writes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @in_thread
    def find(self, batch: BatchId, document: Document, file: DataFile) -> Path | None:
        """Where that file of the document stands, its bytes held against its hash; None where it stands nowhere."""
        for original in self._places(batch, document):
            path = original / file.name if document.data_files else original
            if path.is_file() and path.stat().st_size == file.size and hash_files(path)[0].sha256 == file.sha256:
                return path
        return None

    def _places(self, batch: BatchId, document: Document) -> Iterator[Path]:
        yield self._layout.place(document.id).original
        yield self._layout.quarantine_place(document.id).original
        kept = self._layout.originals(batch)
        # Documents of one name stand there as `name`, `name (2)`, … without a gap.
        named = (kept / free for free in free_names(document.name))
        yield from islice(takewhile(Path.exists, named), _MOST_TWINS)
        if "/" in document.name:
            yield from islice(
                takewhile(Path.exists, map(kept.joinpath, free_names(document.name.replace("/", "_")))), _MOST_TWINS
            )
