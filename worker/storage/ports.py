"""What others ask of the storage beyond the ports of the stories, whether it is folders or a bucket."""

from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.records import Delivery
from jobs.model.seals import SealedCopy
from jobs.ports import Originals, Outbox, Quarantine, Shelf
from worker.storage.delivery_index import Remembered
from worker.storage.explanation import Dismissal, Explanation, QuarantineEntry
from worker.storage.resent import Resent
from worker.storage.sidecar import Sidecar
from worker.storage.untaken import Untaken


class DocumentShelf(Shelf, Originals, Protocol):
    """Where documents come when they are taken in. `write` and `admit` block."""

    def place(self, document: Document) -> tuple[Path, Path]:
        """Where the document's original stands on this machine, and where its sealed copy belongs."""
        ...

    def write(self, documents: Sequence[Document]) -> Mapping[DocumentId, OSError]:
        """Write documents below their claims, durably; gives the errors of those that could not be written."""
        ...

    def admit(self, documents: Sequence[Document]) -> None:
        """Put written documents onto the waiting list, durably; those once there never come back. Raises OSError."""
        ...

    def count_waiting(self) -> int:
        """How many documents wait for a batch, on all routes. Blocks; raises OSError."""
        ...

    def claimed(self) -> Sequence[DocumentId]:
        """Documents that may be ours and are not judged yet. Blocks; raises OSError."""
        ...

    def claim_lines(self, document: DocumentId) -> Sequence[bytes]:
        """The lines of its claim while it is ours and not judged yet; none otherwise. Blocks; raises OSError."""
        ...


class DocumentOutbox(Outbox, Protocol):
    """What was delivered, for those who ask of it."""

    async def deliveries_of(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """Deliveries of originals with these SHA-256 (hexadecimal), by hash, as far as we remember doing them."""
        ...

    async def return_earlier(self, document: Document, earlier: Sidecar, sealed: SealedCopy) -> Delivery:
        """Deliver a copy of an earlier sealed file for a document of the same content; again changes nothing.

        The copy stands on the shelf, like what was downloaded.
        """
        ...

    async def find_delivery(self, document: DocumentId) -> Sidecar | None:
        """The delivery of that document, as far as we remember doing it."""
        ...

    async def deliveries_beyond(self, known: Container[DocumentId]) -> Remembered:
        """What is remembered of other documents than these: what a ledger does not know that was restored."""
        ...


class KeptQuarantine(Quarantine, Protocol):
    """What lies in quarantine, for those who decide upon it. Methods raise NotQuarantined, and OSError."""

    async def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and asks for somebody, with its explanation, oldest first."""
        ...

    async def dismissed_entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and was put aside for good, oldest first."""
        ...

    async def unknown(self) -> tuple[Path, ...]:
        """Files that lie where people look, with a note, though nothing is known of them here."""
        ...

    async def find(self, document: DocumentId) -> QuarantineEntry:
        """The entry of that document, dismissed or not."""
        ...

    async def dismiss(self, document: DocumentId, dismissal: Dismissal) -> None:
        """Put a document aside for good; one that was, stays as it is."""
        ...

    async def reinstate(self, document: DocumentId) -> None:
        """Take a dismissal back: a copy is shown again."""
        ...

    async def find_resent(self, document: DocumentId) -> tuple[Resent | None, Resent | None]:
        """As which document it was sent through again, and of which one it is the sending again."""
        ...

    def documents(self) -> frozenset[DocumentId]:
        """All that lie here, put aside for good or not, by the names of their records alone. Blocks."""
        ...

    def explain(self, document: DocumentId) -> Explanation | None:
        """Why it lies here; None where it has left, and where the record is damaged. Blocks."""
        ...

    def put_aside(self, explanation: Explanation) -> None:
        """Keep what stands in the document's place on the shelf, and show it with its explanation. Blocks."""
        ...

    def note_resent(self, entry: QuarantineEntry, became: DocumentId) -> None:
        """Remember as which document it is sent through again. Blocks."""
        ...

    def forget(self, entry: QuarantineEntry, *, leave_copy: bool = False) -> None:
        """Remove the record and the copy of a document that has left. Blocks."""
        ...


class UntakenBook(Protocol):
    """What is left in the inbox. Both methods block, and raise OSError."""

    def read(self) -> tuple[Untaken, ...]:
        """What was written last, by all who watch."""
        ...

    def write(self, untaken: Sequence[Untaken]) -> None:
        """Replace what this watcher wrote."""
        ...


class Workers(Protocol):
    """Whether a worker is running."""

    def announced(self) -> AbstractAsyncContextManager[None]:
        """Be a running worker for the time of the block. Raises OSError."""
        ...

    async def last_seen(self) -> datetime | None:
        """When the last worker was seen, where none is running; None while one is, or where that cannot be told."""
        ...


class OriginalFiles(Protocol):
    """The documents themselves, as they were dropped."""

    async def find(self, batch: BatchId | None, document: Document, file: DataFile) -> Path | None:
        """Where that file of the document stands, its bytes held against its hash; None where it is kept no more."""
        ...
