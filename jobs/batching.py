"""When waiting documents become a batch, and which of them. Pure rules: time comes in as `age`."""

from collections.abc import Sequence

from jobs.model.checkpoint import checkpoint_number
from jobs.model.documents import Document, Limits
from jobs.ports import Age


def is_ripe(waiting: Sequence[Document], limits: Limits, age: Age) -> bool:
    """Say whether the waiting documents should become a batch now: full, or the oldest waited long enough.

    A checkpoint of the ledger waits for company: nobody shall be asked for it alone.
    """
    others = [document for document in waiting if checkpoint_number(document.name) is None]
    if not others:
        return False
    is_full = len(waiting) >= limits.max_documents or sum(d.size for d in waiting) >= limits.max_bytes
    return is_full or max(age(document.received_at) for document in others) >= limits.max_wait


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
