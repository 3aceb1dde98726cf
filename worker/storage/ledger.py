"""The ledger on disk: a folder for each batch, a file for each record, named by its number and created exclusively.

    ledger/invoices-000001/0001.json … 0006.json, and `closed` once nothing is left to do

POSIX link(2) fails when the name exists: that one rule is the lock between workers, on one machine or many.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from jobs.model.chain import decode_history, encode_record, sound_part
from jobs.model.damage import Damage
from jobs.model.errors import BrokenLedger, Conflict, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route, is_batch_id
from jobs.model.records import Gathered, Record
from worker.storage.damage import CLOSED, move_records, opened_at, record_numbers, require_end, require_no_gap
from worker.storage.durable import make_folder, write_once
from worker.storage.threads import in_thread

_REMEMBERED = 8
"""Histories kept in memory. Records never change, so a remembered chain only has to be looked at for new ones."""

_Mark = tuple[int, int, int]
"""Inode, time of the last change (ns) and size (bytes) of a record's file."""


class DiskLedger:
    """Implements `jobs.ports.Ledger` below one folder. Disk work is done in threads.

    A chain is checked when it is first read; what this object has read or written itself is not read again.
    `observe` is told of every record that this object wrote, as the history that it ends.
    """

    def __init__(self, folder: Path, observe: Callable[[History], None] = lambda _: None) -> None:
        self._folder = folder
        self._observe = observe
        self._latest: dict[RouteName, int] = {}
        self._closed: set[BatchId] = set()
        self._remembered: OrderedDict[BatchId, History] = OrderedDict()
        self._marks: dict[BatchId, _Mark | None] = {}

    @in_thread
    def latest(self, route: RouteName) -> int:
        """Number of the route's newest batch, 0 before the first."""
        number = self._latest.get(route)
        if number is None:
            used = (batch for batch in self._find_folders() if self._is_used(batch))
            number = max((batch_number(batch) for batch in used if batch_route(batch) == route), default=0)
        while self._is_used(batch_id(route, number + 1)):
            number += 1
        self._latest[route] = number
        return number

    async def open(self, batch: BatchId, record: Gathered) -> History:
        """Create the batch with its first record. Raises Conflict when it exists."""
        await asyncio.to_thread(self._write, batch, 1, encode_record(record, None))
        return self._note_written(History(batch=batch, records=(record,)))

    async def append(self, history: History, record: Record) -> History:
        """Write the record after `history`. Raises Conflict when that number is taken, and IllegalTransition."""
        longer = history.followed_by(record)
        await asyncio.to_thread(self._write_after, history, record)
        return self._note_written(longer)

    async def read(self, batch: BatchId) -> History:
        """Read and check the whole chain. Raises UnknownBatch and BrokenLedger."""
        known = self._remembered.get(batch)
        if known is not None and self._is_current(known):
            return known
        return self._remember(await asyncio.to_thread(self._read, batch))

    @in_thread
    def find_damage(self, batch: BatchId) -> Damage | None:
        """What is damaged in its records; None where nothing is. Raises UnknownBatch."""
        folder = self._folder / batch
        try:
            self._read(batch)
        except BrokenLedger as error:
            return Damage(
                batch=batch,
                fault=str(error).partition("\n")[0],
                sound=sound_part(batch, self._entries(batch)),
                last=record_numbers(folder)[-1],
                opened_at=opened_at(folder),
                is_closed=(folder / CLOSED).exists(),
            )
        return None

    @in_thread
    def set_aside(self, batch: BatchId, keep: int) -> None:
        """Move its records after the first `keep` out of the ledger, never to delete them; its number stays used.

        With none kept the batch is closed, and unknown from then on.
        """
        folder = self._folder / batch
        if not keep:
            # The mark goes first: it is what keeps the number used once the records are gone.
            (folder / CLOSED).touch()
        move_records(folder, self._folder.parent / "damaged" / batch, keep)
        self._remembered.pop(batch, None)

    @in_thread
    def close(self, batch: BatchId) -> None:
        """Say that a batch which is over has also been settled; doing it again changes nothing."""
        (self._folder / batch / CLOSED).touch()

    @in_thread
    def open_batches(self) -> tuple[BatchId, ...]:
        """Batches in which something may still have to happen, oldest first."""
        candidates = [batch for batch in self._find_batches() if batch not in self._closed]
        self._closed.update(batch for batch in candidates if (self._folder / batch / CLOSED).exists())
        return tuple(batch for batch in candidates if batch not in self._closed)

    @in_thread
    def batches(self) -> tuple[BatchId, ...]:
        """Every batch, oldest first."""
        return self._find_batches()

    def _note_written(self, history: History) -> History:
        self._observe(history)
        return self._remember(history)

    def _remember(self, history: History) -> History:
        self._remembered[history.batch] = history
        self._marks[history.batch] = _mark_of(self._path(history.batch, len(history.records)))
        self._remembered.move_to_end(history.batch)
        if len(self._remembered) > _REMEMBERED:
            forgotten, _ = self._remembered.popitem(last=False)
            self._marks.pop(forgotten, None)
        return history

    def _find_batches(self) -> tuple[BatchId, ...]:
        batches = (batch for batch in self._find_folders() if self._has_records(batch))
        return tuple(sorted(batches, key=lambda batch: (batch_route(batch), batch_number(batch))))

    def _find_folders(self) -> Iterator[BatchId]:
        names = (path.name for path in self._folder.iterdir()) if self._folder.is_dir() else ()
        return (BatchId(name) for name in names if is_batch_id(name))

    def _has_records(self, batch: BatchId) -> bool:
        # The first stands for all: only where that is missing must the others be looked for.
        return self._path(batch, 1).exists() or bool(record_numbers(self._folder / batch))

    def _is_used(self, batch: BatchId) -> bool:
        return self._has_records(batch) or (self._folder / batch / CLOSED).exists()

    def _is_current(self, known: History) -> bool:
        """Whether no record came after the remembered ones, and the last of these still is what it was."""
        count = len(known.records)
        mark = self._marks.get(known.batch)
        is_there = mark is not None and _mark_of(self._path(known.batch, count)) == mark
        return is_there and not self._path(known.batch, count + 1).exists()

    def _read(self, batch: BatchId) -> History:
        folder, entries = self._folder / batch, self._entries(batch)
        require_no_gap(folder, batch, len(entries))
        if not entries:
            is_aside = (folder / CLOSED).exists()
            raise UnknownBatch(f"{batch} was set aside by a repair" if is_aside else f"there is no batch {batch}")
        history = decode_history(batch, entries)
        require_end(folder, history)
        return history

    def _entries(self, batch: BatchId) -> tuple[bytes, ...]:
        entries: list[bytes] = []
        while (path := self._path(batch, len(entries) + 1)).exists():
            entries.append(path.read_bytes())
        return tuple(entries)

    def _write_after(self, history: History, record: Record) -> None:
        number = len(history.records)
        before = self._path(history.batch, number).read_bytes()
        self._write(history.batch, number + 1, encode_record(record, before))

    def _write(self, batch: BatchId, number: int, entry: bytes) -> None:
        make_folder(self._folder / batch)
        try:
            write_once(self._path(batch, number), entry)
        except FileExistsError:
            raise Conflict(f"{batch} record {number} was written by another worker") from None

    def _path(self, batch: BatchId, number: int) -> Path:
        return self._folder / batch / f"{number:04}.json"


def _mark_of(path: Path) -> _Mark | None:
    """What tells whether the file is still the same; None where it is not there."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
