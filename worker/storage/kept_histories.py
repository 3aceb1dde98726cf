"""Histories kept in memory. Records never change, so a remembered chain only has to be looked at for new ones."""

from collections import OrderedDict
from typing import Generic, TypeVar

from jobs.model.history import History
from jobs.model.names import BatchId

MOST_DOCUMENTS = 2000
"""Of all histories that are kept together; a document of one that is over takes 8 kB."""

T = TypeVar("T")


class KeptHistories(Generic[T]):
    """What is known of batches, by whichever was asked for last; the newest is kept however many documents it has."""

    def __init__(self, most: int = MOST_DOCUMENTS) -> None:
        self._most = most
        self._known: OrderedDict[BatchId, tuple[T, int]] = OrderedDict()

    def get(self, batch: BatchId) -> T | None:
        """What is kept of the batch."""
        known = self._known.get(batch)
        return None if known is None else known[0]

    def keep(self, history: History, known: T) -> None:
        """Keep what is known of the batch with this history, and let go of others where that is too much."""
        self._known[history.batch] = known, len(history.gathered.documents)
        self._known.move_to_end(history.batch)
        held = sum(documents for _, documents in self._known.values())
        while held > self._most and len(self._known) > 1:
            _, (_, documents) = self._known.popitem(last=False)
            held -= documents

    def forget(self, batch: BatchId) -> None:
        """Let go of the batch; nothing kept is fine."""
        self._known.pop(batch, None)
