"""Where documents stand on their way: the shelf, the outbox, quarantine, and what is left of a damaged batch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from jobs.model.documents import Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.records import Delivery, Refusal
from jobs.model.seals import SealedCopy


class Shelf(Protocol):
    """Where originals stand between inbox and outbox."""

    async def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        """Inspected documents that no batch holds yet, oldest first."""
        ...

    async def find_busy_routes(self) -> Collection[RouteName]:
        """Routes on which something may wait: the lists of all others are empty."""
        ...

    async def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        """Take documents off the waiting list; those already off are fine."""
        ...


class Outbox(Protocol):
    """Where people find sealed files."""

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        ...

    async def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the outbox shows of these documents, whatever the ledger knows."""
        ...


class Quarantine(Protocol):
    """Where people find what could not be sealed, byte-identical, with the reason."""

    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Move the original there with its explanation; doing it again changes nothing."""
        ...


class Originals(Protocol):
    """What becomes of an original once its sealed copy was delivered."""

    async def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        """Take delivered documents off the shelf; those already off are fine."""
        ...


class Remains(Protocol):
    """What tells of a batch whose records do not: what was delivered of it, and originals that belong to nobody."""

    async def find_deliveries(
        self, batch: BatchId, documents: Collection[DocumentId] | None = None
    ) -> Mapping[DocumentId, Delivery]:
        """What was delivered of the batch, by the sidecars and notes that are still there.

        Where it is known which `documents` it held, what tells of others need not be read.
        """
        ...

    async def find_strays(self, among: Collection[DocumentId] | None = None) -> tuple[DocumentId, ...]:
        """Originals on the shelf that are neither being taken in nor waiting, `among` these or all, oldest first.

        Those of documents that stand in a batch are among them.
        """
        ...

    async def describe_strays(self, strays: Sequence[DocumentId], route: RouteName) -> tuple[Document, ...]:
        """Such originals as documents of that route; their names are not known. Each is read whole."""
        ...
