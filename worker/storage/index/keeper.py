"""Keeps the index like the ledger: what has changed is read again, and what may have changed is compared bit by bit.

What archives hold is read once for each, and never looked at again. So a look costs as much in a ledger of years as in
one of days: what is under way, and a handful of the batches that still lie in the ledger's folder.

Of all processes on one data folder one does it, whoever holds the lock; the others take over when it dies.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from jobs.model.errors import BrokenArchive, BrokenLedger
from jobs.model.ledger_archive import ArchiveManifest, is_stone
from jobs.model.names import BatchId, batch_number, is_batch_id
from jobs.ports import Ledger
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ArchiveFolder
from worker.storage.batch_folders import BatchFolders
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.reading import BatchReader
from worker.storage.index.upkeep import Upkeep
from worker.storage.index.writing import (
    forget_archives_but,
    forget_foldered,
    note_names,
    read_foldered,
    read_open,
    read_stamp,
)
from worker.storage.leases import open_lock, try_lock
from worker.storage.ledger_key import open_secret
from worker.storage.listed_folder import FolderStamp
from worker.storage.threads import in_thread

log = structlog.get_logger()

_BEGIN_AGAIN = timedelta(hours=1)
"""After which all names are compared once more."""
_AFTER_FAILURE = timedelta(seconds=30)


class IndexKeeper:
    """Keeps one index like the ledger in that folder."""

    def __init__(
        self, ledger: Ledger, folder: Path, index: BatchIndex, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = index.file
        self._clock = clock
        self._folder = folder
        self._folders = BatchFolders(folder, clock, keeps=True)
        self._archives = Archives(ArchiveFolder.beside(folder))
        self._reader = BatchReader(ledger, folder, self._file)
        self._upkeep = Upkeep(self._file, self._reader, self._clock)
        self._archive_names: Mapping[int, str] | None = None
        self._names: frozenset[str] | None = None
        self._unread: set[BatchId] = set()
        self._stamp: FolderStamp | None = None
        self._begin_at = 0.0

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
        now = self._clock()
        if now >= self._begin_at:
            await asyncio.to_thread(self._file.make)
            # A start believes what is noted in the index; an hour later all names are compared whatever that says.
            self._stamp = None if self._begin_at else await self._file.transact(read_stamp)
            self._names = None
            self._begin_at = now + _BEGIN_AGAIN.total_seconds()
        await self._look()
        if not await self._upkeep.go_on():
            log.warning("index is damaged", advice="it is made anew by itself")
            await self._make_anew()

    async def _make_anew(self) -> None:
        await asyncio.to_thread(self._file.discard)
        self._begin_at, self._archive_names = 0.0, None
        self._upkeep = Upkeep(self._file, self._reader, self._clock)
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

    async def _look(self) -> None:
        """Take over what came and what has gone; what is open is looked at each time."""
        listing = await asyncio.to_thread(self._folders.list_unless, self._stamp)
        # After the names: what has gone from there by then stands in an archive.
        await self._look_at_archives()
        if listing is None or listing.names is self._names:
            await self._reader.read_changed(await self._find_candidates(()))
            return
        names = listing.names
        known = await self._file.transact(read_foldered) if self._names is None else self._names
        await self._file.transact(forget_foldered, _batches_of(known - names))
        new = _batches_of(names - known)
        await self._reader.read_changed(await self._find_candidates(new))
        self._unread = await self._file.transact(note_names, {*new, *self._unread} & names, listing.stamp)
        self._names, self._stamp = names, None

    async def _look_at_archives(self) -> None:
        """Take new archives over, and forget those that were dropped."""
        names = await asyncio.to_thread(self._archives.names)
        if names is self._archive_names:
            return
        there = {number: name for number, name in names.items() if not is_stone(name)}
        known = await self._file.transact(forget_archives_but, there.keys())
        for number in sorted(there.keys() - known, reverse=True):
            try:
                manifest = await asyncio.to_thread(self._read_manifest, there[number])
                await self._reader.read_archived(number, manifest.heads)
            except BrokenArchive as error:
                if await asyncio.to_thread(self._archives.names) is not names:
                    # It was dropped meanwhile, or restored: the next look sees what is there then.
                    break
                log.warning("archive cannot be read", archive=there[number], error=str(error))
        self._archive_names = names

    def _read_manifest(self, name: str) -> ArchiveManifest:
        # One that anybody put there would have batches looked at no more that stand in the ledger's folder.
        return self._archives.read_manifest(name, open_secret(self._folder))

    @in_thread
    def _find_candidates(self, new: Collection[BatchId]) -> Sequence[BatchId]:
        """What may have changed, the newest first: new batches, and what is open, or was when it was read."""
        with self._file.writing() as connection:
            candidates = {*new, *self._folders.find_open(), *read_open(connection)}
        return sorted(candidates, key=batch_number, reverse=True)

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[int]:
        path = self._file.path.with_suffix(".lock")
        descriptor = await asyncio.to_thread(open_lock, path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _batches_of(names: Iterable[str]) -> list[BatchId]:
    return [BatchId(name) for name in names if is_batch_id(name)]
