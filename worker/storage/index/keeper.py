"""Keeps the index like the ledger: what has changed is read again, and what may have changed is compared bit by bit.

What archives hold is read once for each, and never looked at again. So a look costs as much in a ledger of years as in
one of days: what is under way, and a handful of the batches that still lie in the ledger's folder.

Of all processes on one data folder one does it, whoever holds the lock; the others take over when it dies.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from jobs.model.errors import BrokenArchive, BrokenLedger, NewerFormat, UnknownBatch
from jobs.model.ledger_archive import is_stone
from jobs.model.names import BatchId, batch_number
from jobs.ports import Ledger
from worker.clock import utc_now
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ArchiveFolder
from worker.storage.batch_folders import BatchFolders
from worker.storage.chains import CLOSED, record_path
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.entries import Entry, Mark
from worker.storage.index.writing import (
    forget_all_but,
    forget_archives_but,
    note_archive,
    note_archived,
    note_completeness,
    note_examination,
    read_examination,
    read_marks,
    read_open,
    replace_entries,
    select_foldered,
)
from worker.storage.leases import open_lock, try_lock
from worker.storage.ledger_key import open_secret
from worker.storage.threads import in_thread

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

_CHUNK = 25
"""Batches that are read and written together: so many histories are held at once."""
_BEGIN_AGAIN = timedelta(hours=1)
"""After which all names are looked through once more."""
_COMPARE = timedelta(days=1)
"""After which the closed batches of the ledger's folder are compared with the index once more, some with each look."""
_COMPARED = 10
"""Of these, with one look."""
_EXAMINE = timedelta(days=1)
"""After which the whole file is examined: that costs as much as it holds."""
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
        self._folders = BatchFolders(folder, keeps=True)
        self._archives = Archives(ArchiveFolder.beside(folder))
        self._archive_names: Mapping[int, str] | None = None
        self._position = 0
        self._begin_at = self._compare_at = 0.0
        self._uncompared: list[BatchId] = []

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
        try:
            await self._update()
        except sqlite3.DatabaseError:
            if await asyncio.to_thread(self._file.is_sound):
                raise
            await self._make_anew()

    async def _update(self) -> None:
        now = time.monotonic()
        if now >= self._begin_at:
            await asyncio.to_thread(self._file.make)
            await self._begin()
            self._begin_at = now + _BEGIN_AGAIN.total_seconds()
        else:
            names, position = await asyncio.to_thread(self._folders.find_since, self._position)
            await self._read_changed(await self._find_candidates(names))
            self._position = position
            await self._look_at_archives()
        await self._compare_some()

    async def _make_anew(self) -> None:
        await asyncio.to_thread(self._file.discard)
        self._begin_at, self._archive_names = 0.0, None
        await self._update()

    async def _try(self) -> bool:
        try:
            await self.update()
        except (OSError, sqlite3.Error, BrokenLedger) as error:
            # Its file is looked at, and made anew where that is needed, before anything else is done.
            self._begin_at, self._archive_names = 0.0, None
            log.warning("index not kept", error=str(error), kind=type(error).__name__)
            return False
        return True

    async def _begin(self) -> None:
        """Know every batch. Of what is in the ledger's folder and was known before, what is open is read anew."""
        names, self._position = await asyncio.to_thread(self._folders.find_since, 0)
        # After the names: what has gone from there by then stands in an archive.
        await self._look_at_archives()
        unknown = {*names} - await self._transact(forget_all_but, frozenset(names))
        await self._read_changed(sorted(await self._find_candidates(unknown), key=batch_number, reverse=True))
        await self._transact(note_completeness)
        if time.monotonic() >= self._compare_at:
            self._compare_at = time.monotonic() + _COMPARE.total_seconds()
            self._uncompared = sorted(set(names) - unknown, key=batch_number)

    async def _compare_some(self) -> None:
        """Compare some batches that nobody has compared for long; once there are none, the file may be examined."""
        if self._uncompared:
            some, self._uncompared = self._uncompared[-_COMPARED:], self._uncompared[:-_COMPARED]
            await self._read_changed(some)
        elif utc_now() - await self._transact(read_examination) > _EXAMINE:
            if not await asyncio.to_thread(self._file.is_sound):
                log.warning("index is damaged", advice="it is made anew by itself")
                await self._make_anew()
            await self._transact(note_examination, utc_now())

    async def _look_at_archives(self) -> None:
        """Take new archives over, and forget those that were dropped."""
        names = await asyncio.to_thread(self._archives.names)
        if names is self._archive_names:
            return
        there = {number: name for number, name in names.items() if not is_stone(name)}
        known = await self._transact(forget_archives_but, there.keys())
        for number in sorted(there.keys() - known, reverse=True):
            try:
                await self._take_over(number, there[number])
            except BrokenArchive as error:
                log.warning("archive cannot be read", archive=there[number], error=str(error))
        self._archive_names = names

    async def _take_over(self, number: int, name: str) -> None:
        # One that anybody put there would have batches looked at no more that stand in the ledger's folder.
        secret = await asyncio.to_thread(open_secret, self._folder)
        manifest = await asyncio.to_thread(self._archives.read_manifest, name, secret)
        unknown = await self._transact(note_archived, number, manifest.heads)
        marks = {head.batch: Mark(head.records, 0, 0, is_closed=True) for head in unknown}

        async def find_marks(batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
            return {batch: marks[batch] for batch in batches}

        await self._read_in_chunks([*marks], find_marks, number)
        await self._transact(note_archive, number)

    async def _read_changed(self, batches: Sequence[BatchId]) -> None:
        await self._read_in_chunks(batches, self._find_changed)

    async def _read_in_chunks(
        self,
        batches: Sequence[BatchId],
        find_marks: Callable[[Sequence[BatchId]], Awaitable[dict[BatchId, Mark]]],
        archive: int | None = None,
    ) -> None:
        """Read those of the batches for which there is a mark, and write them."""
        begun = told = time.monotonic()
        read = 0
        for done in range(0, len(batches), _CHUNK):
            began = time.monotonic()
            changed = await find_marks(batches[done : done + _CHUNK])
            if changed:
                read += len(changed)
                entries = [entry async for entry in self._read(changed)]
                await self._transact(replace_entries, changed, entries, archive)
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
    def _find_candidates(self, names: Collection[BatchId]) -> Sequence[BatchId]:
        """What may have changed: new names, and what is open, or was when it was read."""
        with self._file.writing() as connection:
            return sorted({*names, *self._folders.find_open(), *read_open(connection)})

    @in_thread
    def _find_changed(self, batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
        """Those whose records are others than when they were read, with how they are marked now."""
        with self._file.writing() as connection:
            # What an archive holds changes no more, whatever somebody puts back into the ledger's folder.
            batches = select_foldered(connection, batches)
            known = read_marks(connection, batches)
        marks = ((batch, find_mark(self._folder, batch, known.get(batch, _NOTHING))) for batch in batches)
        return {batch: mark for batch, mark in marks if mark != known.get(batch)}

    @in_thread
    def _transact(self, work: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the work in one transaction."""
        with self._file.writing() as connection:
            connection.execute("begin immediate")
            result = work(connection, *args, **kwargs)
            connection.execute("commit")
        return result

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
