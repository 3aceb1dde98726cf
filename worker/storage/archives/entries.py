"""A batch's entries wherever they stand: in the ledger's folder, or in an archive beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from jobs.model.errors import BrokenArchive, BrokenCheckpoint, BrokenLedger, DroppedBatch, LostKey, NewerFormat
from jobs.model.history import History
from jobs.model.ledger_archive import is_stone
from jobs.model.names import BatchId, DocumentId, batch_number, batch_route
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import read_entries

Decode = Callable[[BatchId, Sequence[bytes]], History]
"""Makes the history of a batch's entries. Raises BrokenLedger."""


def read_wherever(ledger: Path, batch: BatchId, records: int, archives: Archives | None = None) -> tuple[bytes, ...]:
    """The first so many entries of a batch, oldest first; fewer where others are missing. Blocks.

    `archives` are the ledger's: whoever reads many batches keeps them. Raises BrokenArchive and OSError.
    """
    entries = read_entries(ledger, batch)
    if len(entries) < records:
        # Looked for afterwards: a batch goes from the folder into an archive.
        entries = (archives or Archives(ArchiveFolder.beside(ledger))).find_entries(batch) or entries
    return entries[:records]


def read_archived(
    archives: Archives, batch: BatchId, decode: Decode, secret: bytes | None
) -> tuple[History, tuple[bytes, ...]] | None:
    """The batch as an archive holds it with its entries, None where none does or did. Blocks.

    Raises BrokenArchive, DroppedBatch, and OSError.
    """
    entries = archives.find_entries(batch)
    if entries is None:
        if stone := archives.find_stone(batch, secret):
            on, policy = stone.dropped_at.date(), stone.policy
            raise DroppedBatch(f"{batch} was dropped with the archive of {stone.manifest.month} on {on}: {policy}")
        return None
    try:
        return decode(batch, entries), entries
    except (NewerFormat, LostKey, BrokenCheckpoint):
        raise
    except BrokenLedger as error:
        raise BrokenArchive(f"{error}. It lies in an archive: restore that from the backup") from error


def find_rest(
    archives: Archives, left: History, decode: Decode, secret: bytes | None
) -> tuple[History, tuple[bytes, ...]] | None:
    """What an archive holds of a batch that is not over by the records outside of it; None where none holds more.

    Such records were put back, as from an old copy: whoever went on from them would have the batch sealed again.
    Blocks. Raises DroppedBatch, and OSError.
    """
    if left.is_over:
        return None
    with suppress(BrokenArchive):
        # Where none can be read, batches that no archive holds go on.
        if batch_number(left.batch) > archives.latest(batch_route(left.batch)):
            return None
        archived = read_archived(archives, left.batch, decode, secret)
        if archived is not None and archived[0].records[: len(left.records)] == left.records:
            return archived
    return None


def find_naming(archives: Archives, document: DocumentId) -> Iterator[BatchId]:
    """Batches in whose first record the id stands, the newest archive first; the others are passed over. Blocks."""
    for name in reversed(archives.names().values()):
        with suppress(BrokenArchive, OSError):
            if not is_stone(name):
                for batch, entries in archives.read_all(name):
                    if document.encode() in entries[0]:
                        yield batch
