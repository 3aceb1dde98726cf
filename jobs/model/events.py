"""Events: what happened to batches, documents and seals, in the form in which others are told of it."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.metadata import Metadata
from jobs.model.names import ABatch, ADocument, APathName, APerson, ARoute
from jobs.model.reasons import Reason
from jobs.model.roles import Action


class EventKind(StrEnum):
    """What can have happened. Values are the `type` of webhooks, and stand in the settings."""

    BATCH_WAITING = "batch.waiting"
    """It waits for people; not told once more where only the digests are renewed."""
    BATCH_REQUEST = "batch.request"
    """People are asked to release or to approve it, at a time when the route wants them asked."""
    BATCH_REMINDER = "batch.reminder"
    BATCH_ESCALATION = "batch.escalation"
    BATCH_LAPSED = "batch.lapsed"
    """An approval came to nothing, and will be asked for again by itself."""
    BATCH_STOPPED = "batch.stopped"
    """An approval came to nothing, and a person has to act before it is asked for again."""
    BATCH_DONE = "batch.done"
    BATCH_ABANDONED = "batch.abandoned"
    DOCUMENT_SEALED = "document.sealed"
    """It is verified and stands in the outbox."""
    DOCUMENT_QUARANTINED = "document.quarantined"
    SEAL_ENDING = "seal.ending"
    SEALING_FROZEN = "sealing.frozen"
    SEALING_RESUMED = "sealing.resumed"


class SealedAs(Frozen):
    """A sealed file: its path below the route's outbox folder, SHA-256 (hexadecimal), size (bytes) and level."""

    name: str
    sha256: str
    size: int
    level: str


class DocumentEnd(Frozen):
    """One document and what became of it; `sha256` (hexadecimal) is the original's, empty where nobody read it."""

    id: ADocument
    name: APathName
    sha256: str
    metadata: Metadata | None = None
    sealed: SealedAs | None = None
    reason: Reason | None = None
    detail: str = ""


class Event(Frozen):
    """One thing that happened. Its `id` is the same however often it is found out, and names nothing else.

    `documents` and `refused` are numbers of documents; `people` are those whom it is meant for, none for everybody, and
    `action` is what they are asked for.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9.-]{1,180}$")
    kind: EventKind
    at: AwareDatetime
    route: ARoute | None = None
    batch: ABatch | None = None
    documents: int | None = None
    refused: int | None = None
    document: DocumentEnd | None = None
    why: str = ""
    seal: str | None = None
    ends_at: AwareDatetime | None = None
    people: tuple[APerson, ...] = ()
    action: Action | None = None
