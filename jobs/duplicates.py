"""Whether the same content came before on a route: waiting, in a batch that is under way, or delivered."""

from typing import Protocol

from jobs.known_history import read_known
from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.history import History
from jobs.model.names import BatchId, batch_route
from jobs.model.records import Refusal
from jobs.ports import Ledger, Shelf
from jobs.settle import known_outcomes


class SealedContent(Protocol):
    """What was delivered, by its content."""

    async def find_sealed(self, document: Document) -> EarlierDocument | None:
        """The newest delivery on the same route of the same content, as far as we remember."""
        ...


async def find_earlier(
    document: Document, shelf: Shelf, ledger: Ledger, sealed: SealedContent
) -> EarlierDocument | None:
    """Find a document of the same route and content (SHA-256 and size) that is on its way to a seal, or has one.

    A document only ever goes from the waiting list into a batch, and from there into the outbox: looked for in this
    order, none is missed that moves on meanwhile; and one that is on its way is told rather than one that is delivered.
    What was put aside counts for nothing. Raises NewerFormat, LostKey.
    """
    for other in await shelf.waiting_list(document.route):
        if _is_same(other, document):
            return _describe(other)
    for batch in await ledger.open_batches():
        history = await read_known(batch, ledger) if batch_route(batch) == document.route else None
        if history is not None and (found := _find_in(history, document)):
            return found
    return await sealed.find_sealed(document)


def _find_in(history: History, document: Document) -> EarlierDocument | None:
    outcomes = known_outcomes(history)
    for other in history.documents.values():
        if _is_same(other, document) and not isinstance(outcomes.get(other.id), Refusal):
            return _describe(other, history.batch)
    return None


def _is_same(other: Document, document: Document) -> bool:
    return other.id != document.id and (other.sha256, other.size) == (document.sha256, document.size)


def _describe(document: Document, batch: BatchId | None = None) -> EarlierDocument:
    return EarlierDocument(document=document.id, name=document.name, received_at=document.received_at, batch=batch)
