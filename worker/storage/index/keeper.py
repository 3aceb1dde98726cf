"""Keeps the index like the ledger: what has changed is read again, and all of it is compared now and then.

Of all processes on one data folder one does it, whoever holds the lock; the others take over when it dies.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from jobs.model.errors import BrokenLedger, NewerFormat, UnknownBatch
from jobs.model.names import BatchId, batch_number
from jobs.ports import Ledger
from worker.storage.batch_folders import BatchFolders
from worker.storage.chains import CLOSED, record_path
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.entries import Entry, Mark
from worker.storage.index.writing import delete_batch, read_batches, read_marks, read_open, write_entry
from worker.storage.leases import open_lock, try_lock
from worker.storage.threads import in_thread

log = structlog.get_logger()

_CHUNK = 25
"""Batches that are read and written together: so many histories are held at once."""
_COMPARE = timedelta(hours=1)
"""After which every batch is compared with the index, closed ones as well."""
_TELL = timedelta(seconds=5)
"""Between two lines about how far a long piece of work is."""
_AFTER_FAILURE = timedelta(seconds=30)
_NOTHING = Mark(0, 0, 0, is_closed=False)


class IndexKeeper:
    """Keeps one index like the ledger in that folder."""

    def __init__(self, ledger: Ledger, folder: Path, index: BatchIndex) -> None:
        self._ledger = ledger
        self._folder = folder
        self._file = index.file
        self._folders = BatchFolders(folder)
        self._position = 0
        self._compare_at = 0.0

    async def keep_for_ever(self, every: timedelta) -> None:
        """Keep it until cancelled, while no other process does. What goes wrong is told, and tried again."""
        async with self._lock() as lock:
            while not await asyncio.to_thread(try_lock, lock):  # noqa: ASYNC110  a lock of the kernel tells nobody
                await asyncio.sleep(every.total_seconds())
            while True:
                pause = every if await self._try() else _AFTER_FAILURE
                await asyncio.sleep(pause.total_seconds())

    async def update(self) -> None:
        """Have the index stand as the ledger does now, made anew where it is not sound.

        Raises OSError, sqlite3.Error, and LostKey when no record can be read.
        """
        now = time.monotonic()
        if now >= self._compare_at:
            await asyncio.to_thread(self._file.make)
            await self._read_all()
            self._compare_at = now + _COMPARE.total_seconds()
        else:
            names, position = await asyncio.to_thread(self._folders.find_since, self._position)
            await self._read_changed(await self._find_candidates(names))
            self._position = position

    async def _try(self) -> bool:
        try:
            await self.update()
        except (OSError, sqlite3.Error, BrokenLedger) as error:
            # Its file is looked at, and made anew where that is needed, before anything else is done.
            self._compare_at = 0.0
            log.warning("index not kept", error=str(error), kind=type(error).__name__)
            return False
        return True

    async def _read_all(self) -> None:
        names, self._position = await asyncio.to_thread(self._folders.find_since, 0)
        await self._forget_all_but(frozenset(names))
        await self._read_changed(sorted(names, key=batch_number, reverse=True))
        await self._note_completeness()

    async def _read_changed(self, batches: Sequence[BatchId]) -> None:
        begun = told = time.monotonic()
        read = 0
        for done in range(0, len(batches), _CHUNK):
            began = time.monotonic()
            changed = await self._find_changed(batches[done : done + _CHUNK])
            if changed:
                read += len(changed)
                await self._write(changed, [entry async for entry in self._read(changed)])
                # What is sealed meanwhile goes first: half of one processor is left to it.
                await asyncio.sleep(time.monotonic() - began)
            if time.monotonic() - told > _TELL.total_seconds():
                told = time.monotonic()
                log.info("index under way", batches=done + _CHUNK, of=len(batches), read=read)
        if told > begun:
            log.info("index is complete", batches=len(batches), read=read, seconds=round(time.monotonic() - begun))

    async def _read(self, marks: dict[BatchId, Mark]) -> AsyncIterator[Entry]:
        """The entries of these batches; none of one that a newer zimogs wrote, or that is not known any more."""
        for batch, mark in marks.items():
            try:
                yield Entry.of(await self._ledger.read(batch), mark)
            except (UnknownBatch, NewerFormat):
                continue
            except BrokenLedger:
                damage = await self._ledger.find_damage(batch)
                if damage is not None:
                    yield Entry.of_damaged(damage, mark)

    @in_thread
    def _find_candidates(self, names: Sequence[BatchId]) -> Sequence[BatchId]:
        """What may have changed: new names, and what is open, or was when it was read."""
        with self._file.writing() as connection:
            return sorted({*names, *self._folders.find_open(), *read_open(connection)})

    @in_thread
    def _find_changed(self, batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
        """Those whose records are others than when they were read, with how they are marked now."""
        with self._file.writing() as connection:
            known = read_marks(connection, batches)
        marks = ((batch, find_mark(self._folder, batch, known.get(batch, _NOTHING))) for batch in batches)
        return {batch: mark for batch, mark in marks if mark != known.get(batch)}

    @in_thread
    def _write(self, changed: dict[BatchId, Mark], entries: Sequence[Entry]) -> None:
        with self._file.writing() as connection:
            connection.execute("begin immediate")
            for gone in changed.keys() - {entry.batch.batch for entry in entries}:
                delete_batch(connection, gone)
            for entry in entries:
                write_entry(connection, entry)
            connection.execute("commit")

    @in_thread
    def _forget_all_but(self, names: frozenset[BatchId]) -> None:
        with self._file.writing() as connection:
            for gone in [batch for batch in read_batches(connection) if batch not in names]:
                delete_batch(connection, gone)

    @in_thread
    def _note_completeness(self) -> None:
        with self._file.writing() as connection:
            connection.execute("update progress set is_complete = 1 where not is_complete")

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[int]:
        path = self._file.path.with_suffix(".lock")
        descriptor = await asyncio.to_thread(open_lock, path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def find_mark(ledger: Path, batch: BatchId, known: Mark) -> Mark:
    """How the batch's records are marked now, looking on from what is known. Blocks."""
    number = known.records
    while os.path.lexists(record_path(ledger, batch, number + 1)):
        number += 1
    is_closed = os.path.lexists(ledger / batch / CLOSED)
    try:
        status = record_path(ledger, batch, number).stat()
    except OSError:
        # Where records were taken away, or set aside by a repair, it is counted from the first.
        return find_mark(ledger, batch, _NOTHING) if known.records else Mark(0, 0, 0, is_closed)
    return Mark(number, status.st_mtime_ns, status.st_size, is_closed)
