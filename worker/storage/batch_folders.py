"""Which batches are open, found without looking at all the others: there are months of those.

    ledger/.open/<batch>      an empty file for each batch that is not closed
    ledger/.open/.complete    since there is one for each

A new process reads these names alone. They are a hint that is made of the ledger: a folder that is not closed and has
no such name, as an older zimogs or somebody's copy leaves it, is found within minutes, since every process looks
through all folders bit by bit; where the list is not complete, at once. So no batch can be forgotten by an old list.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, is_batch_id
from worker.storage.chains import CLOSED, has_batch
from worker.storage.listed_folder import FolderStamp, ListedFolder

_LIST, _COMPLETE = ".open", ".complete"
_SOME = 400
"""Folders that are looked at together: a millisecond or two."""
_PAUSE = 2.0
"""Seconds from some to the next, however often anybody asks."""
_LOOK_AGAIN = 60.0
"""Seconds between two lists of all folders, once all of the one before were looked at."""


class Listing(NamedTuple):
    """What lies in the ledger's folder, by name, and by what that is known again; None where it is too new for that.

    `names` is the same object as before where nothing was listed anew.
    """

    names: frozenset[str]
    stamp: FolderStamp | None


class BatchFolders:
    """What one process knows of the ledger's folders. Every method blocks; threads may share it.

    `keeps` is of the one process that keeps the list of open batches like the ledger.
    """

    def __init__(self, ledger: Path, clock: Callable[[], float] = time.monotonic, *, keeps: bool = False) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keeps = keeps
        self._folder = ListedFolder(ledger, clock)
        self._list = ListedFolder(ledger / _LIST, clock)
        self._listed: frozenset[str] = frozenset()
        self._marked: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._closed: set[BatchId] = set()
        self._others: set[BatchId] = set()
        self._unseen: list[str] = []
        self._list_at = self._go_on_at = 0.0
        self._has_looked = False

    def find_open(self) -> tuple[BatchId, ...]:
        """Batches that are not closed and have records, or whose place something else has taken, oldest first."""
        with self._lock:
            marked = self._list.names()
            if marked is not self._marked:
                self._marked = marked
                self._others.update(BatchId(name) for name in marked if is_batch_id(name) and name not in self._closed)
            if _COMPLETE not in marked:
                self._list_names()
                self._look_at(self._unseen)
                self._unseen = []
                self._complete()
            elif self._has_looked:
                self._look_at_some()
            self._has_looked = True
            closed = {batch for batch in self._others if self._is_closed(batch)}
            self._others -= closed
            self._closed |= closed
            there = (batch for batch in self._others if has_batch(self._ledger, batch))
            return tuple(sorted(there, key=place_of))

    def list_unless(self, stamp: FolderStamp | None) -> Listing | None:
        """Everything in the ledger's folder; None where that still bears this stamp, and need not be listed."""
        with self._lock:
            if stamp is not None and self._folder.has_stamp(stamp):
                return None
            return Listing(self._folder.names(), self._folder.stamp())

    def _look_at_some(self) -> None:
        now = self._clock()
        if now < self._go_on_at:
            return
        self._go_on_at = now + _PAUSE
        if not self._unseen and now >= self._list_at:
            self._list_at = now + _LOOK_AGAIN
            self._list_names()
        self._look_at(self._unseen[-_SOME:])
        del self._unseen[-_SOME:]

    def _look_at(self, names: list[str]) -> None:
        for name in names:
            if name in self._others or not is_batch_id(name):
                continue
            batch = BatchId(name)
            if self._is_closed(batch):
                self._closed.add(batch)
                continue
            self._others.add(batch)
            if self._keeps:
                note_open(self._ledger, batch)

    def _complete(self) -> None:
        if self._keeps and self._ledger.is_dir():
            for batch in self._others:
                note_open(self._ledger, batch)
            with suppress(OSError):
                (self._ledger / _LIST / _COMPLETE).touch()

    def _is_closed(self, batch: BatchId) -> bool:
        return os.path.lexists(f"{self._ledger}/{batch}/{CLOSED}")

    def _list_names(self) -> None:
        names = self._folder.names()
        if names is self._listed:
            return
        before, self._listed = self._listed, names
        if gone := before - names:
            self._closed -= gone
            self._others -= gone
        self._unseen += names - before


def note_open(ledger: Path, batch: BatchId) -> None:
    """Put the batch on the list of open ones. What goes wrong with it costs a look at all folders, and no batch."""
    with suppress(OSError):
        (ledger / _LIST).mkdir(mode=0o700, exist_ok=True)
        (ledger / _LIST / batch).touch(0o600)


def forget_open(ledger: Path, batch: BatchId) -> None:
    """Take the batch off the list, since it is closed."""
    with suppress(OSError):
        (ledger / _LIST / batch).unlink(missing_ok=True)
