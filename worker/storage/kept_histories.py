"""Histories kept in memory. Records never change, so a remembered chain only has to be looked at for new ones."""

import threading
from typing import Generic, TypeVar

from jobs.model.history import History
from jobs.model.names import BatchId

MOST_DOCUMENTS = 1000
"""Of all histories that are kept together; a document of one that is over takes 4 kB."""

T = TypeVar("T")


class KeptHistories(Generic[T]):
    """What is known of batches, by whichever was asked for last; the newest is kept however many documents it has.

    Threads may share it.
    """

    def __init__(self, most: int = MOST_DOCUMENTS) -> None:
        self._most = most
        self._known: dict[BatchId, tuple[T, int]] = {}
        self._documents = 0
        self._lock = threading.RLock()

    def get(self, batch: BatchId) -> T | None:
        """What is kept of the batch."""
        known = self._known.get(batch)
        return None if known is None else known[0]

    def keep(self, history: History, known: T) -> None:
        """Keep what is known of the batch with this history, and let go of others where that is too much."""
        with self._lock:
            self.forget(history.batch)
            self._known[history.batch] = known, len(history.gathered.documents)
            self._documents += len(history.gathered.documents)
            while self._documents > self._most and len(self._known) > 1:
                self.forget(next(iter(self._known)))

    def forget(self, batch: BatchId) -> None:
        """Let go of the batch; nothing kept is fine."""
        with self._lock:
            _, documents = self._known.pop(batch, (None, 0))
            self._documents -= documents
