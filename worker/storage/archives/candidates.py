"""Which batches may be archived: settled, whole and sound, fixed by a checkpoint, and over for long enough."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobs.model.chain import ChainHead, ChainKey, decode_history
from jobs.model.errors import BrokenLedger
from jobs.model.ledger_archive import end_of_month, month_of, place_of
from jobs.model.names import BatchId, is_batch_id
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import EndedBatch
from worker.storage.archives.file_format import MOST_OF_BATCH
from worker.storage.archives.settled import SettledBatches
from worker.storage.chains import CLOSED, read_entries
from worker.storage.listed_folder import list_names


@dataclass(frozen=True, slots=True)
class Candidate:
    """A batch that may be archived: its head, when it was over, and how many bytes its records have."""

    head: ChainHead
    at: datetime
    size: int

    @property
    def batch(self) -> BatchId:
        """Which one it is."""
        return self.head.batch

    @property
    def month(self) -> str:
        """The month of its archive: the one in which it was over."""
        return month_of(self.at)


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be archived now, by month and number, and what is due and may not, with the reason in words.

    `later` is how many were closed in each month that has not been over for long enough.
    """

    candidates: tuple[Candidate, ...]
    kept: Mapping[BatchId, str]
    later: Mapping[str, int]


def choose(
    ledger: Path,
    settled: SettledBatches,
    archives: Archives,
    key: ChainKey,
    *,
    fixed: Callable[[], Mapping[BatchId, ChainHead]],
    due_before: datetime,
    rest: Callable[[], None] = lambda: None,
) -> Choice:
    """Look at every batch that was closed in a month which ended before then. Blocks. Raises OSError, BrokenLedger.

    `ledger` is where they are read, and `settled` where they stand: elsewhere only where machines share a bucket.
    `fixed` tells how far the checkpoints know each chain, and is asked only where something is due; `rest` is called
    between two batches.
    """
    candidates: list[Candidate] = []
    kept: dict[BatchId, str] = {}
    due, later = _find_due(ledger, due_before)
    heads = fixed() if due else {}
    for batch in due:
        rest()
        try:
            ended = read_ended(ledger, batch, key)
        except BrokenLedger as error:
            kept[batch] = str(error).partition("\n")[0]
            continue
        if end_of_month(month_of(ended.at)) > due_before:
            later[month_of(ended.at)] += 1
            continue
        head = ChainHead.of(batch, len(ended.entries), ended.entries[-1])
        if heads.get(batch) != head:
            kept[batch] = "no checkpoint covers it yet"
        elif archives.find_entries(batch) is not None:
            kept[batch] = "an archive holds it already"
        elif archives.find_stone(batch, key.secret) is not None:
            kept[batch] = "its archive was dropped by policy, and it was put back"
        elif why := _find_misfit(ended.entries) or settled.find_obstacle(batch, head.records):
            kept[batch] = why
        else:
            candidates.append(Candidate(head, ended.at, sum(map(len, ended.entries))))
    ordered = sorted(candidates, key=lambda one: (one.month, place_of(one.batch)))
    return Choice(tuple(ordered), kept, dict(sorted(later.items())))


def read_ended(ledger: Path, batch: BatchId, key: ChainKey) -> EndedBatch:
    """Read a batch of the ledger's folder that is to be archived. Raises BrokenLedger where it is not sound and over.

    Blocks.
    """
    entries = read_entries(ledger, batch)
    if not entries:
        raise BrokenLedger(f"{batch} has no records")
    history = decode_history(batch, entries, key)
    if not history.is_over:
        raise BrokenLedger(f"{batch} was settled, and its records end at {history.state}")
    return EndedBatch(batch, entries, history.since)


def _find_due(ledger: Path, before: datetime) -> tuple[Sequence[BatchId], Counter[str]]:
    """Those that were closed long enough ago, and how many in each month since: by a look at the mark of each alone."""
    due: list[BatchId] = []
    later: Counter[str] = Counter()
    for name in sorted(list_names(ledger)):
        if is_batch_id(name):
            # What has no time that a calendar knows is not due.
            with suppress(OSError, OverflowError, ValueError):
                month = month_of(datetime.fromtimestamp(os.lstat(ledger / name / CLOSED).st_mtime, UTC))
                if end_of_month(month) <= before:
                    due.append(BatchId(name))
                else:
                    later[month] += 1
    return due, later


def _find_misfit(entries: Sequence[bytes]) -> str:
    """Why an archive does not take these entries, in words; empty where it does."""
    if any(b"\n" in entry for entry in entries):
        return "a record of it has more than one line"
    if sum(map(len, entries)) > MOST_OF_BATCH // 2:
        return "its records are too large for an archive"
    return ""
