"""Which waiting documents become a batch, and since when they could have; `jobs.planning` says when they do. Pure."""

from collections.abc import Sequence
from datetime import datetime

from jobs.model.asking import Asking
from jobs.model.checkpoint import checkpoint_number
from jobs.model.documents import Document


def waits_since(document: Document, asking: Asking, now: datetime) -> datetime | None:
    """Since when it could have become part of a batch; None while it waits as it should: collected, or a checkpoint."""
    if checkpoint_number(document.name) is not None:
        return None
    collected = asking.last_time(now)
    if collected is None:
        return document.received_at
    return collected if document.received_at <= collected else None


def take(waiting: Sequence[Document], most: int, max_bytes: int) -> tuple[Document, ...]:
    """Take the next batch, oldest first: as many as both limits allow, and one at least."""
    taken: list[Document] = []
    size = 0
    for document in sorted(waiting, key=lambda document: (document.received_at, document.id)):
        size += document.size
        if taken and (len(taken) == most or size > max_bytes):
            break
        taken.append(document)
    return tuple(taken)
