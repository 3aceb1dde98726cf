"""When waiting documents become a batch, and which of them. Pure rules: time comes in as `age`."""

from collections.abc import Sequence
from datetime import datetime

from jobs.model.asking import Asking
from jobs.model.checkpoint import checkpoint_number
from jobs.model.documents import Document, Limits
from jobs.ports import Age


def is_ripe(waiting: Sequence[Document], limits: Limits, age: Age, *, collected: datetime | None = None) -> bool:
    """Say whether the waiting documents should become a batch now: full, or the oldest waited long enough.

    Where documents are `collected` until a time of day, that is when this last came: what came before it has waited
    long enough, however long that was, and nothing else.
    A checkpoint of the ledger waits for company: nobody shall be asked for it alone.
    """
    others = [document for document in waiting if checkpoint_number(document.name) is None]
    if not others:
        return False
    is_full = len(waiting) >= limits.max_documents or sum(d.size for d in waiting) >= limits.max_bytes
    oldest = min(document.received_at for document in others)
    has_waited = age(oldest) >= limits.max_wait if collected is None else oldest <= collected
    return is_full or has_waited


def waits_since(document: Document, asking: Asking, now: datetime) -> datetime | None:
    """Since when it could have become part of a batch; None while it waits as it should: collected, or a checkpoint."""
    if checkpoint_number(document.name) is not None:
        return None
    collected = asking.last_time(now)
    if collected is None:
        return document.received_at
    return collected if document.received_at <= collected else None


def take(waiting: Sequence[Document], limits: Limits) -> tuple[Document, ...]:
    """Take the next batch, oldest first: as many as both limits allow, and one at least."""
    taken: list[Document] = []
    size = 0
    for document in sorted(waiting, key=lambda document: (document.received_at, document.id)):
        size += document.size
        if taken and (len(taken) == limits.max_documents or size > limits.max_bytes):
            break
        taken.append(document)
    return tuple(taken)
