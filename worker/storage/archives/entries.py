"""A batch's entries wherever they stand: in the ledger's folder, or in an archive beside it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jobs.model.errors import BrokenArchive
from jobs.model.ledger_archive import is_stone
from jobs.model.names import BatchId, DocumentId
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import read_entries


def read_wherever(ledger: Path, batch: BatchId, records: int, archives: Archives | None = None) -> tuple[bytes, ...]:
    """The first so many entries of a batch, oldest first; fewer where others are missing. Blocks.

    `archives` are the ledger's: whoever reads many batches keeps them. Raises BrokenArchive and OSError.
    """
    entries = read_entries(ledger, batch)
    if len(entries) < records:
        # Looked for afterwards: a batch goes from the folder into an archive.
        entries = (archives or Archives(ArchiveFolder.beside(ledger))).find_entries(batch) or entries
    return entries[:records]


def find_naming(archives: Archives, document: DocumentId) -> Iterator[BatchId]:
    """Batches in whose first record the id stands, the newest archive first; the others are passed over. Blocks."""
    for name in reversed(archives.names().values()):
        with suppress(BrokenArchive, OSError):
            if not is_stone(name):
                for batch, entries in archives.read_all(name):
                    if document.encode() in entries[0]:
                        yield batch
