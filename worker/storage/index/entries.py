"""What the index knows of a batch and of each of its documents. Pure: made of the batch's history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from jobs.model.damage import Damage
from jobs.model.documents import Document
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, DocumentId, RouteName, batch_route
from jobs.model.reasons import Reason
from jobs.model.records import Delivery, Outcome, Refusal
from jobs.settle import known_outcomes

_NOTHING_KNOWN = Metadata()


class Standing(StrEnum):
    """How a batch stands, as lists are narrowed down by it. Values are written into the index and into addresses."""

    MOVING = "moving"
    WAITING = "waiting"
    """For an approval."""
    STOPPED = "stopped"
    SEALED = "sealed"
    PARTLY_SEALED = "partly-sealed"
    """Some of its documents were put aside."""
    NOT_SEALED = "not-sealed"
    """All of them were, or the batch was given up."""
    DAMAGED = "damaged"


class Ending(StrEnum):
    """What became of a document. Values are written into the index."""

    UNDER_WAY = "under-way"
    SEALED = "sealed"
    REFUSED = "refused"


class Mark(NamedTuple):
    """By what it is seen that a batch's records are still those that were read.

    The number of records that follow each other, time of the last change (ns) and size (bytes) of the last of them,
    and whether the batch is closed.
    """

    records: int
    changed_at: int
    size: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """One document: what it is, in which batch, and what became of it.

    `path` is that of the sealed file below the route's outbox; `reason` only of one that was refused. `ended_at`
    is when its batch was over, None before.
    """

    id: DocumentId
    batch: BatchId
    route: RouteName
    name: str
    sha256: str
    size: int
    received_at: datetime
    ending: Ending
    path: str
    reason: Reason | None
    ended_at: datetime | None
    metadata: Metadata

    @classmethod
    def of(cls, document: Document, history: History, outcome: Outcome | None) -> "IndexedDocument":
        """The entry of a document of that batch with that outcome, None where it has none yet."""
        ending, path, reason = Ending.UNDER_WAY, "", None
        match outcome:
            case Delivery():
                ending, path = Ending.SEALED, outcome.name
            case Refusal():
                ending, reason = Ending.REFUSED, outcome.reason
        return cls(
            id=document.id,
            batch=history.batch,
            route=document.route,
            name=document.name,
            sha256=document.sha256.hex,
            size=document.size,
            received_at=document.received_at,
            ending=ending,
            path=path,
            reason=reason,
            ended_at=history.since if history.is_over else None,
            metadata=document.metadata or _NOTHING_KNOWN,
        )


@dataclass(frozen=True, slots=True)
class IndexedBatch:
    """One batch: how it stands, since when, how much it holds (`size` in bytes), and how its documents ended so far.

    Of one whose records are damaged from the first on nothing is known but its name; its times are those of its files.
    """

    batch: BatchId
    route: RouteName
    standing: Standing
    gathered_at: datetime
    since: datetime
    documents: int
    size: int
    sealed: int
    refused: int


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the index keeps of one batch."""

    batch: IndexedBatch
    documents: tuple[IndexedDocument, ...]
    mark: Mark

    @classmethod
    def of(cls, history: History, mark: Mark) -> "Entry":
        """The entry of a batch with this history."""
        return cls._of(history, mark, _find_standing(history))

    @classmethod
    def of_damaged(cls, damage: Damage, mark: Mark) -> "Entry":
        """The entry of a batch whose records are damaged, with what is still known of it."""
        if damage.sound is not None:
            return cls._of(damage.sound, mark, Standing.DAMAGED)
        at = damage.opened_at
        batch = IndexedBatch(damage.batch, batch_route(damage.batch), Standing.DAMAGED, at, at, 0, 0, 0, 0)
        return cls(batch, (), mark)

    @classmethod
    def _of(cls, history: History, mark: Mark, standing: Standing) -> "Entry":
        outcomes = known_outcomes(history)
        documents = tuple(
            IndexedDocument.of(document, history, outcomes.get(document.id)) for document in history.documents.values()
        )
        batch = IndexedBatch(
            batch=history.batch,
            route=history.gathered.route,
            standing=standing,
            gathered_at=history.gathered.at,
            since=history.since,
            documents=len(documents),
            size=sum(document.size for document in documents),
            sealed=sum(document.ending is Ending.SEALED for document in documents),
            refused=sum(document.ending is Ending.REFUSED for document in documents),
        )
        return cls(batch, documents, mark)


def _find_standing(history: History) -> Standing:
    if not history.is_over:
        if history.is_stopped:
            return Standing.STOPPED
        return Standing.WAITING if history.state is State.PREPARED else Standing.MOVING
    outcomes = known_outcomes(history).values()
    refused = sum(isinstance(outcome, Refusal) for outcome in outcomes)
    if not refused:
        return Standing.SEALED
    return Standing.NOT_SEALED if refused == len(outcomes) else Standing.PARTLY_SEALED
