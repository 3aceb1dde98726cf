"""Which batches are open, found without looking at all the others: there are years of those.

A new batch is a new folder, and that changes the time of the ledger's own folder; only then are its names listed. Of
all names each open one costs two looks, for its mark of being closed and its first record, and a closed one none. What
is known here is learned anew by each process, and nothing is kept on disk: no batch can be forgotten by an old list.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from jobs.model.names import BatchId, batch_number, batch_route, is_batch_id
from worker.storage.chains import CLOSED, has_batch
from worker.storage.listed_folder import ListedFolder


class BatchFolders:
    """What one process knows of the ledger's folders. Every method blocks; threads may share it."""

    def __init__(self, ledger: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._folder = ListedFolder(ledger, clock)
        self._listed: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._found: list[BatchId] = []
        self._closed: set[BatchId] = set()
        self._others: set[BatchId] = set()

    def find_open(self) -> tuple[BatchId, ...]:
        """Batches that are not closed and have records, or whose place something else has taken, oldest first."""
        with self._lock:
            self._list_names()
            closed = {batch for batch in self._others if os.path.lexists(f"{self._ledger}/{batch}/{CLOSED}")}
            self._others -= closed
            self._closed |= closed
            there = (batch for batch in self._others if has_batch(self._ledger, batch))
            return tuple(sorted(there, key=lambda batch: (batch_route(batch), batch_number(batch))))

    def find_since(self, position: int) -> tuple[tuple[BatchId, ...], int]:
        """Names that were found since there were `position` of them, in no order; and how many there are now."""
        with self._lock:
            self._list_names()
            return tuple(self._found[position:]), len(self._found)

    def _list_names(self) -> None:
        names = self._folder.names()
        if names is self._listed:
            return
        self._listed = names
        known = self._closed | self._others
        if gone := known - names:
            self._closed -= gone
            self._others -= gone
        new = [BatchId(name) for name in names - known if is_batch_id(name)]
        self._others.update(new)
        self._found += new
