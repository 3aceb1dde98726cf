"""What is known of one document, from wherever it was written down."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.history import History
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.records import Delivery, Refusal
from jobs.settle import known_outcomes
from worker.storage.explanation import Explanation, QuarantineEntry
from worker.storage.resent import Resent
from worker.storage.sidecar import OriginalFile, Sidecar


class DocumentStanding(StrEnum):
    """Where a document stands. Values are what programs are told."""

    TAKEN_IN = "being taken in"
    WAITING = "waiting"
    AWAITS_TWIN = "waiting for the sealed file of the same content"
    """That file is returned for it, too."""
    SKIPPED = "skipped"
    """The same content came before, and its route seals that once only."""
    IN_BATCH = "in a batch"
    DELIVERED = "delivered"
    REFUSED = "refused"
    """By its batch; its original goes to quarantine when that is over."""
    QUARANTINED = "quarantined"
    DISMISSED = "dismissed"
    SENT_AGAIN = "sent again"
    """As a new document, which has its own id."""
    ASTRAY = "astray"
    """Nothing leads it on any more."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """All that is known of one document; None where a source does not know it.

    `received` is the document as it was inspected, `duplicate` that it was skipped for being the same as another,
    `history` its batch, `entry` its place in quarantine, `resent` what it became when it was sent again, `origin` what
    it was before that, and `sidecar` the delivery that the outbox remembers though its batch is not known any more.
    `stray` is an original that nothing leads on.
    """

    document: DocumentId
    received: Document | None = None
    is_waiting: bool = False
    awaits_twin: bool = False
    duplicate: Duplicate | None = None
    is_taken_in: bool = False
    history: History | None = None
    entry: QuarantineEntry | None = None
    resent: Resent | None = None
    origin: Resent | None = None
    sidecar: Sidecar | None = None
    stray: Path | None = None

    @property
    def state(self) -> DocumentStanding:
        """Where it stands now."""
        is_dismissed = self.entry is not None and self.entry.dismissal is not None
        found = (
            (is_dismissed, DocumentStanding.DISMISSED),
            (self.entry is not None, DocumentStanding.QUARANTINED),
            (self.is_waiting, DocumentStanding.WAITING),
            (self.awaits_twin, DocumentStanding.AWAITS_TWIN),
            (self.duplicate is not None, DocumentStanding.SKIPPED),
            (self.resent is not None, DocumentStanding.SENT_AGAIN),
            (self.delivery is not None, DocumentStanding.DELIVERED),
            (self.history is not None and self.refusal is not None, DocumentStanding.REFUSED),
            (self.history is not None, DocumentStanding.IN_BATCH),
            (self.is_taken_in, DocumentStanding.TAKEN_IN),
        )
        return next((standing for is_so, standing in found if is_so), DocumentStanding.ASTRAY)

    @property
    def explanation(self) -> Explanation | None:
        """Why it was put into quarantine, also of one that has left it since."""
        if self.entry is not None:
            return self.entry.explanation
        return None if self.resent is None else self.resent.explanation

    @property
    def refusal(self) -> Refusal | None:
        """Why it was refused."""
        if self.explanation is not None:
            return self.explanation.refusal
        outcome = self.history and known_outcomes(self.history).get(self.document)
        return outcome if isinstance(outcome, Refusal) else None

    @property
    def delivery(self) -> Delivery | None:
        """What stands in the outbox, or stood there."""
        if self.sidecar is not None:
            return self.sidecar.delivery
        outcome = self.history and known_outcomes(self.history).get(self.document)
        return outcome if isinstance(outcome, Delivery) else None

    @property
    def route(self) -> RouteName | None:
        """Its route; None where it had none, or nobody knows."""
        if self.received is not None:
            return self.received.route
        known = self.explanation or self.sidecar
        return None if known is None else known.route

    @property
    def batch(self) -> BatchId | None:
        """Its batch."""
        if self.history is not None:
            return self.history.batch
        known = self.explanation or self.sidecar
        return None if known is None else known.batch

    @property
    def name(self) -> str:
        """Its name as it was dropped; empty where nobody knows."""
        if self.received is not None:
            return self.received.name
        if self.explanation is not None:
            return self.explanation.name
        return self.sidecar.original.name if self.sidecar else ""

    @property
    def received_at(self) -> datetime | None:
        """When it came."""
        return None if self._original is None else self._original.received_at

    @property
    def size(self) -> int | None:
        """Bytes of the original."""
        return None if self._original is None else self._original.size

    @property
    def sha256(self) -> str:
        """Of the original, in hexadecimal; empty where it was not read."""
        if self.received is not None:
            return self.received.sha256.hex
        return "" if isinstance(self._original, Document | None) else self._original.sha256

    @property
    def metadata(self) -> Metadata | None:
        """What came beside it."""
        known = self.received or self.sidecar
        return None if known is None else known.metadata

    @property
    def _original(self) -> Document | Explanation | OriginalFile | None:
        """What tells most of the original."""
        return self.received or self.explanation or (self.sidecar.original if self.sidecar else None)
