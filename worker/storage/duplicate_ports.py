"""What is remembered of documents whose content came before, wherever that is kept. Every method raises OSError."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, EarlierDocument
from jobs.model.names import DocumentId, RouteName
from worker.storage.sidecar import Sidecar


class DuplicateBook(Protocol):
    """Finds the one before, decides between copies that come at once, and remembers what was decided."""

    def deciding(self, route: RouteName) -> AbstractAsyncContextManager[None]:
        """Be the only one who decides upon documents of that route, where it takes that, for the time of the block."""
        ...

    async def find_earlier(self, document: Document, *, is_parked: bool = False) -> EarlierDocument | None:
        """Which document of that content and route came before; None where it is this one that goes on to a seal."""
        ...

    async def prefer(self, document: Document) -> None:
        """Have it count as the first of its content, whatever came before: a person wants it sealed."""
        ...

    async def read(self, document: DocumentId) -> Duplicate | None:
        """What was decided of that document; None where nothing was."""
        ...

    async def record(self, duplicate: Duplicate) -> None:
        """Write the decision down, durably, before it is followed."""
        ...

    async def tell(self, duplicate: Duplicate) -> Duplicate:
        """Put the note into the outbox, where its sealed file would have come; doing it again changes nothing."""
        ...

    async def park(self, document: Document) -> None:
        """Have an inspected document wait for the sealed file of the same content."""
        ...

    async def list_parked(self) -> tuple[Document, ...]:
        """Documents that wait so, oldest first."""
        ...

    async def list_due(self) -> tuple[Document, ...]:
        """Those to look at again now: none, where that was done a moment ago."""
        ...

    async def is_parked(self, document: Document) -> bool:
        """Whether it waits so still."""
        ...

    async def find_returnable(self, document: Document, earlier: EarlierDocument, level: str) -> Sidecar | None:
        """The earlier sealed file at that level, with a copy of it in the document's place on this machine's shelf.

        None where it does not stand in the outbox as it was delivered: not yet, or no more.
        """
        ...

    async def let_in(self, document: Document, earlier: EarlierDocument | None = None) -> bool:
        """Have one that waited so sealed like any other, in the place of the `earlier` one.

        False where it goes on waiting, since another copy was let in meanwhile.
        """
        ...

    async def strike_off(self, document: Document) -> None:
        """Have it wait no more: everything else of it is done."""
        ...

    async def list_skipped(self, before: DocumentId, most: int) -> tuple[Duplicate, ...]:
        """The newest of those that were skipped and whose id sorts below that one."""
        ...

    async def notes(self) -> frozenset[str]:
        """All notes in the outbox that are ours, as paths below it."""
        ...
