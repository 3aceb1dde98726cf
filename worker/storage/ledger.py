"""The ledger on disk: a folder for each batch, a file for each record, named by its number and created exclusively.

    ledger/invoices-000001/0001.json … 0006.json, and `closed` once nothing is left to do
    archives/                       batches that were settled long ago (see `archives`)
    ledger.key                      the key of the records' MACs, made at the first need

POSIX link(2) fails when the name exists: that one rule is the lock between workers, on one machine or many.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from jobs.model.chain import ChainKey, decode_history, encode_record, sound_part
from jobs.model.damage import Damage
from jobs.model.errors import (
    BrokenArchive,
    BrokenCheckpoint,
    BrokenLedger,
    Conflict,
    LostKey,
    NewerFormat,
    UnknownBatch,
)
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, RouteName, batch_number, batch_route
from jobs.model.records import Gathered, Record
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.entries import find_rest, read_archived
from worker.storage.archives.store import ArchiveFolder
from worker.storage.batch_folders import BatchFolders, forget_open, note_open
from worker.storage.chains import (
    CLOSED,
    find_batches,
    read_entries,
    record_numbers,
    record_path,
)
from worker.storage.damage import (
    damaged_path,
    describe_archived,
    move_records,
    require_end,
    require_no_gap,
    restore_folder,
    time_of_opening,
)
from worker.storage.durable import make_folder, read_file, write_once
from worker.storage.kept_histories import KeptHistories
from worker.storage.ledger_key import open_chain_key, require_own_key
from worker.storage.newest_batches import NewestBatches
from worker.storage.threads import in_thread

_Mark = tuple[int, int, int] | Mapping[int, str]
"""Inode, time of the last change (ns) and size (bytes) of a record's file; of an archived batch, which archives there
were when it was read: what they hold changes no more."""


class DiskLedger:
    """Implements `jobs.ports.Ledger` below one folder, with the key beside it. Disk work is done in threads.

    A chain is checked when it is first read; what this object has read or written itself is not read again.
    `observe` is told of every record that this object wrote, as the history that it ends.
    """

    def __init__(self, folder: Path, observe: Callable[[History], None] = lambda _: None) -> None:
        self._folder = folder
        self._observe = observe
        self._key: ChainKey | None = None
        self._folders = BatchFolders(folder)
        self._archives = Archives(ArchiveFolder.beside(folder))
        self._newest = NewestBatches(folder, self._archives)
        self._remembered = KeptHistories[tuple[History, _Mark | None]]()
        self._glances: dict[BatchId, tuple[Glance, _Mark | None]] = {}

    @in_thread
    def latest(self, route: RouteName, *, may_lag: bool = False) -> int:  # noqa: ARG002  the port's
        """Number of the route's newest batch, 0 before the first."""
        return self._newest.find(route)

    async def open(self, batch: BatchId, record: Gathered) -> History:
        """Create the batch with its first record. Raises Conflict when it exists."""
        await asyncio.to_thread(self._write, batch, 1, record)
        return self._note_written(History(batch=batch, records=(record,)))

    async def append(self, history: History, record: Record) -> History:
        """Write the record after `history`. Raises Conflict when that number is taken, and IllegalTransition."""
        longer = history.extend(record)
        await asyncio.to_thread(self._write, history.batch, len(history.records) + 1, record)
        return self._note_written(longer)

    async def read(self, batch: BatchId) -> History:
        """Read and check the whole chain. Raises UnknownBatch and BrokenLedger."""
        history, mark = self._remembered.get(batch) or (None, None)
        if history is not None and self._is_current(batch, len(history.records), mark):
            return history
        return self._remember(*await asyncio.to_thread(self._read, batch))

    async def glance(self, batch: BatchId) -> Glance:
        """Look how the batch stands: two looks at its folder, once it was read. Raises what `read` raises."""
        glance, mark = self._glances.get(batch, (None, None))
        if glance is not None and self._is_current(batch, glance.records, mark):
            return glance
        return (await self.read(batch)).glance

    @in_thread
    def find_damage(self, batch: BatchId) -> Damage | None:
        """What is damaged in its records; None where nothing is. Raises UnknownBatch."""
        folder = self._folder / batch
        try:
            self._read(batch)
        except (NewerFormat, LostKey):
            raise
        except BrokenArchive as error:
            return describe_archived(batch, error)
        except BrokenLedger as error:
            return Damage(
                batch=batch,
                fault=str(error).partition("\n")[0],
                sound=sound_part(batch, read_entries(self._folder, batch), self._open_key()),
                last=max(record_numbers(folder), default=0),
                opened_at=time_of_opening(folder),
                is_closed=os.path.lexists(folder / CLOSED),
            )
        return None

    @in_thread
    def set_aside(self, batch: BatchId, keep: int) -> None:
        """Move its records after the first `keep` out of the ledger, never to delete them; its number stays used.

        With none kept the batch is closed, and unknown from then on.
        """
        folder, aside = self._folder / batch, damaged_path(self._folder, batch)
        restore_folder(folder, aside)
        if not keep:
            # The mark goes first: it is what keeps the number used once the records are gone.
            (folder / CLOSED).touch()
            forget_open(self._folder, batch)
        move_records(folder, aside, keep)
        self._remembered.forget(batch)

    @in_thread
    def close(self, batch: BatchId) -> None:
        """Say that a batch which is over has also been settled; doing it again changes nothing."""
        with suppress(FileNotFoundError):
            # One whose folder is gone was settled before: an archive holds it.
            (self._folder / batch / CLOSED).touch()
        forget_open(self._folder, batch)

    @in_thread
    def open_batches(self, *, may_lag: bool = False) -> tuple[BatchId, ...]:  # noqa: ARG002  the port's
        """Batches in which something may still have to happen, oldest first."""
        batches = self._folders.find_open()
        for over in self._glances.keys() - set(batches):
            self._glances.pop(over, None)
        return batches

    @in_thread
    def record_counts(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        """How many records each batch has, 0 where there is none; nothing is read or checked."""
        return {batch: max(record_numbers(self._folder / batch), default=0) for batch in batches}

    @in_thread
    def batches(self) -> tuple[BatchId, ...]:
        """Every batch, by route and number."""
        # For a moment a batch stands in both; the folder first, since batches go from there into archives.
        batches = {*find_batches(self._folder), *self._archives.batches()}
        return tuple(sorted(batches, key=place_of))

    def _note_written(self, history: History) -> History:
        self._observe(history)
        return self._remember(history)

    def _remember(self, history: History, archives: Mapping[int, str] | None = None) -> History:
        mark = archives or _mark_of(self._path(history.batch, len(history.records)))
        if not history.is_over:
            self._glances[history.batch] = history.glance, mark
        self._remembered.keep(history, (history, mark))
        return history

    def _is_current(self, batch: BatchId, count: int, mark: _Mark | None) -> bool:
        """Whether no record came after the first `count`, and the last of these still is what it was."""
        if isinstance(mark, Mapping):
            return mark is self._archives.names() and not os.path.lexists(self._folder / batch)
        is_there = mark is not None and _mark_of(self._path(batch, count)) == mark
        return is_there and not os.path.lexists(self._path(batch, count + 1))

    def _read(self, batch: BatchId) -> tuple[History, Mapping[int, str] | None]:
        """The batch, and which archives there are where one of them holds it."""
        archives = self._archives.names()
        try:
            history = self._read_folder(batch)
        except UnknownBatch:
            archived = self._read_archived(batch)
            if archived is None:
                raise
            return archived, archives
        except BrokenLedger:
            # Its folder may have gone into an archive while it was read.
            archived = None if os.path.lexists(self._folder / batch) else self._read_archived(batch)
            if archived is None:
                raise
            return archived, archives
        rest = self._find_rest(history) if archives else None
        return (history, None) if rest is None else (rest, archives)

    def _read_folder(self, batch: BatchId) -> History:
        folder = self._folder / batch
        is_closed = os.path.lexists(folder / CLOSED)
        entries = read_entries(self._folder, batch)
        require_no_gap(folder, batch, len(entries))
        if not entries:
            raise UnknownBatch(f"{batch} was set aside by a repair" if is_closed else f"there is no batch {batch}")
        history = self._decode(batch, entries)
        require_end(history, is_closed=is_closed)
        return history

    def _read_archived(self, batch: BatchId) -> History | None:
        archived = read_archived(self._archives, batch, self._decode, self._open_key().secret)
        return None if archived is None else archived[0]

    def _find_rest(self, history: History) -> History | None:
        found = find_rest(self._archives, history, self._decode, self._open_key().secret)
        return None if found is None else found[0]

    def _decode(self, batch: BatchId, entries: Sequence[bytes]) -> History:
        try:
            return decode_history(batch, entries, self._open_key())
        except (NewerFormat, BrokenCheckpoint):
            raise
        except BrokenLedger:
            # Where the key is not its own, no record is at fault.
            require_own_key(self._folder)
            raise

    def _write(self, batch: BatchId, number: int, record: Record) -> None:
        route, of_route = batch_route(batch), batch_number(batch)
        if number == 1 and self._archives.names() and of_route <= self._newest.find_archived(route):
            self._newest.learn_archived(route)
            raise Conflict(f"{batch} was archived long ago")
        before = None if number == 1 else read_file(self._path(batch, number - 1))
        entry = encode_record(record, batch, number, before, self._open_key())
        make_folder(self._folder / batch)
        if number == 1:
            note_open(self._folder, batch)
        try:
            write_once(self._path(batch, number), entry)
        except FileExistsError:
            raise Conflict(f"{batch} record {number} was written by another worker") from None
        if number == 1:
            self._newest.note(route, of_route)

    def _open_key(self) -> ChainKey:
        if self._key is None:
            self._key = open_chain_key(self._folder)
        return self._key

    def _path(self, batch: BatchId, number: int) -> Path:
        return record_path(self._folder, batch, number)


def _mark_of(path: Path) -> _Mark | None:
    """What tells whether the file is still the same; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
