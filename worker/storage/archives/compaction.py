"""Moving settled batches out of the ledger's folder into archives, so that nothing costs what ever was.

An archive is written, read back and published; then the folders go whose records it holds byte for byte, each by one
rename. Whoever dies in between leaves a batch in both places, and the next one finds it there and goes on.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import structlog

from jobs.model.chain import ChainHead, ChainKey
from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, batch_number, batch_route, is_batch_id
from worker.storage.archives.candidates import Candidate, Choice, choose, find_obstacle, read_ended
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import EndedBatch, remove_drafts, write_archive
from worker.storage.chains import CLOSED, read_entries
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, sync_folder
from worker.storage.leases import open_lock, try_lock
from worker.storage.ledger_key import CHECKPOINTS, open_chain_key, open_secret
from worker.storage.listed_folder import list_names

log = structlog.get_logger()

MOST_BATCHES, MOST_BYTES = 2_000, 1 << 30
"""Of one archive, before it is compressed; what is more of a month goes into the next one, so that to find a batch in
one stays a matter of milliseconds."""
_LEAVING = ".archived"
"""Where folders are that archives hold: in the ledger's own folder, so that one rename takes each there."""


class Interrupted(Exception):
    """It was told to stop; what was begun is finished by the next run."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was archived: the archives by name, and how many batches left the ledger's folder; why others stayed."""

    archives: tuple[str, ...]
    moved: int
    choice: Choice


@dataclass(slots=True)
class Compaction:
    """Archives the batches of one ledger. Every method blocks.

    `after` is how long a month must have been over; `stop` ends a run early, and `share` is how much of a processor it
    may take.
    """

    ledger: Path
    archives: Archives
    after: timedelta
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 1.0
    _rested_at: float = field(default_factory=time.thread_time)

    def look(self, now: datetime) -> Choice:
        """Say what a run would do; changes nothing. Raises BrokenLedger and OSError."""
        key, before = open_chain_key(self.ledger), now - self.after
        return choose(self.ledger, self.archives, key, fixed=self._read_fixed, due_before=before, rest=self._rest)

    def run(self, now: datetime) -> Compacted | None:
        """Archive what is due, and finish what a run before has left; None where somebody else is at it.

        Raises BrokenLedger, OSError, and Interrupted.
        """
        with held(self.archives) as is_ours:
            if not is_ours:
                return None
            remove_drafts(self.archives.store)
            moved = self._remove_archived(self._find_archived())
            key, choice = open_chain_key(self.ledger), self.look(now)
            made = []
            for month, batches in groupby(choice.candidates, key=lambda one: one.month):
                for part in _split([*batches]):
                    ended = self._read(part, key)
                    name = write_archive(self.archives, month, ended, now, open_secret(self.ledger))
                    if name is not None:
                        made.append(name)
                        log.info("batches archived", archive=name, batches=len(part))
                        moved += self._remove_archived([one.batch for one in part])
            return Compacted(tuple(made), moved, choice)

    def _read(self, part: Sequence[Candidate], key: ChainKey) -> Iterator[EndedBatch]:
        for one in part:
            self._rest()
            ended = read_ended(self.ledger, one.batch, key)
            if ChainHead.of(one.batch, len(ended.entries), ended.entries[-1]) == one.head:
                yield ended

    def _find_archived(self) -> Sequence[BatchId]:
        """Batches whose folders are there though an archive may hold them."""
        names = [BatchId(name) for name in list_names(self.ledger) if is_batch_id(name)]
        latest = {route: self.archives.latest(route) for route in {*map(batch_route, names)}}
        return sorted((one for one in names if batch_number(one) <= latest[batch_route(one)]), key=place_of)

    def _remove_archived(self, batches: Sequence[BatchId]) -> int:
        """Remove the folders of those whose records an archive holds byte for byte; gives how many."""
        leaving = self.ledger / _LEAVING
        if leaving.exists():
            shutil.rmtree(leaving)
        moved = 0
        for batch in batches:
            self._rest()
            if self._leave(batch, leaving):
                moved += 1
        if moved:
            sync_folder(self.ledger)
            shutil.rmtree(leaving)
        return moved

    def _leave(self, batch: BatchId, leaving: Path) -> bool:
        """Move the batch's folder there where an archive holds all that is in it."""
        folder, there = self.ledger / batch, self.archives.find_entries(batch)
        if there is None or not os.path.lexists(folder / CLOSED):
            return False
        lock = open_lock(folder / "lock")
        try:
            if not try_lock(lock):
                return False
            if read_entries(self.ledger, batch) != there or find_obstacle(self.ledger, batch):
                log.warning("archived batch differs", batch=batch, advice="run `zimogs audit verify`; its folder stays")
                return False
            folder.rename(make_folder(leaving) / batch)
        finally:
            os.close(lock)
        return True

    def _read_fixed(self) -> dict[BatchId, ChainHead]:
        return Checkpoints(self.ledger.parent / CHECKPOINTS).extent(open_secret(self.ledger)).heads

    def _rest(self) -> None:
        """Leave the rest of the processor to others. Raises Interrupted."""
        spent = time.thread_time() - self._rested_at
        if self.stop.wait(spent / self.share - spent if self.share < 1 else 0):
            raise Interrupted
        self._rested_at = time.thread_time()


@contextmanager
def held(archives: Archives) -> Iterator[bool]:
    """Hold the archives for the time of the block; False where another process does. Raises OSError."""
    lock = open_lock(archives.store.prepare() / "lock")
    try:
        yield try_lock(lock)
    finally:
        os.close(lock)


def _split(batches: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    """A month's batches in parts that one archive takes."""
    part: list[Candidate] = []
    size = 0
    for one in batches:
        if part and (len(part) == MOST_BATCHES or size + one.size > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(one)
        size += one.size
    if part:
        yield part
