"""Moving settled batches out of the ledger into archives, so that nothing costs what ever was.

An archive is written, read back and published; then those batches go whose records it holds byte for byte. Whoever dies
in between leaves a batch in both places, and the next one finds it there and goes on.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import structlog

from jobs.model.chain import ChainHead, ChainKey
from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, batch_number, batch_route
from worker.storage.archives.candidates import Candidate, Choice, choose, read_ended
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import EndedBatch, remove_drafts, write_archive
from worker.storage.archives.settled import Differing, SettledBatches
from worker.storage.archives.store import ARCHIVES, held
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger_key import CHECKPOINTS, open_chain_key, open_secret

log = structlog.get_logger()

MOST_BATCHES = 2_000
"""Of one archive; what is more of a month goes into the next one, so that to find a batch in one stays a matter of
milliseconds."""


class Interrupted(Exception):
    """It was told to stop; what was begun is finished by the next run."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was archived: the archives by name, and how many batches stand in them alone now; why others stayed."""

    archives: tuple[str, ...]
    moved: int
    choice: Choice


@dataclass(slots=True)
class Compaction:
    """Archives the batches of one ledger. Every method blocks.

    `ledger` is the folder in which they are read, and `settled` where they stand and leave. `after` is how long a month
    must have been over; `stop` ends a run early, and `share` is how much of a processor it may take.
    """

    ledger: Path
    settled: SettledBatches
    archives: Archives
    after: timedelta
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 1.0
    _rested_at: float = field(default_factory=time.thread_time)

    def look(self, now: datetime) -> Choice:
        """Say what a run would do; changes nothing. Raises BrokenLedger and OSError."""
        key, fixed = open_chain_key(self.ledger), self._read_fixed
        return choose(
            self.ledger, self.settled, self.archives, key, fixed=fixed, due_before=now - self.after, rest=self._rest
        )

    def run(self, now: datetime) -> Compacted | None:
        """Archive what is due, and finish what a run before has left; None where another process is at it.

        Raises BrokenLedger, OSError, and Interrupted.
        """
        with held(self._drafts) as is_ours:
            if not is_ours:
                return None
            remove_drafts(self._drafts)
            moved = self._remove(find_archived(self.settled, self.archives))
            # What is chosen stands in none of these. Whoever is held up so long that another machine archives it
            # finds the next number taken, and nothing gets into two archives.
            newest = max(self.archives.names(), default=0)
            choice = self.look(now)
            made: list[str] = []
            for month, batches in groupby(choice.candidates, key=lambda one: one.month):
                for part in _split([*batches], self.archives.store.most_bytes):
                    if (name := self._write(newest + len(made) + 1, month, part, now)) is not None:
                        made.append(name)
                        moved += self._remove([one.batch for one in part])
            return Compacted(tuple(made), moved, choice)

    @property
    def _drafts(self) -> Path:
        """On this machine, and where archives stand in a folder, that one: a link leads nowhere else."""
        return self.ledger.with_name(ARCHIVES)

    def _write(self, number: int, month: str, part: Sequence[Candidate], now: datetime) -> str | None:
        ended, secret = self._read(part, open_chain_key(self.ledger)), open_secret(self.ledger)
        name = write_archive(self.archives, self._drafts, month, ended, number=number, now=now, secret=secret)
        if name is not None:
            log.info("batches archived", archive=name, batches=len(part))
        return name

    def _remove(self, batches: Sequence[BatchId]) -> int:
        return remove_archived(self.settled, self.archives, batches, self._rest)

    def _read(self, part: Sequence[Candidate], key: ChainKey) -> Iterator[EndedBatch]:
        for one in part:
            self._rest()
            ended = read_ended(self.ledger, one.batch, key)
            if ChainHead.of(one.batch, len(ended.entries), ended.entries[-1]) == one.head:
                yield ended

    def _read_fixed(self) -> dict[BatchId, ChainHead]:
        return Checkpoints(self.ledger.parent / CHECKPOINTS).extent(open_secret(self.ledger)).heads

    def _rest(self) -> None:
        """Leave the rest of the processor to others. Raises Interrupted."""
        spent = time.thread_time() - self._rested_at
        if self.stop.wait(spent / self.share - spent if self.share < 1 else 0):
            raise Interrupted
        self._rested_at = time.thread_time()


def find_archived(settled: SettledBatches, archives: Archives) -> Sequence[BatchId]:
    """Batches of which something stands outside archives though one may hold them. Blocks."""
    names = [*settled.names()]
    latest = {route: archives.latest(route) for route in {*map(batch_route, names)}}
    return sorted((one for one in names if batch_number(one) <= latest[batch_route(one)]), key=place_of)


def remove_archived(
    settled: SettledBatches, archives: Archives, batches: Sequence[BatchId], rest: Callable[[], None] = lambda: None
) -> int:
    """Remove those that an archive holds byte for byte; gives how many. Blocks; `rest` is called before each."""
    settled.finish()
    moved = 0
    for batch in batches:
        rest()
        entries = archives.find_entries(batch)
        try:
            moved += entries is not None and settled.remove(batch, entries)
        except Differing:
            log.warning("archived batch differs", batch=batch, advice="run `zimogs audit verify`; its records stay")
    settled.finish()
    return moved


def _split(batches: Sequence[Candidate], most_bytes: int) -> Iterator[Sequence[Candidate]]:
    """A month's batches in parts that one archive takes."""
    part: list[Candidate] = []
    size = 0
    for one in batches:
        if part and (len(part) == MOST_BATCHES or size + one.size > most_bytes):
            yield part
            part, size = [], 0
        part.append(one)
        size += one.size
    if part:
        yield part
