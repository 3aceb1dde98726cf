"""Reads batches of the ledger into the index, a few at a time."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from jobs.model.chain import ChainHead
from jobs.model.errors import BrokenLedger, NewerFormat, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Ledger
from worker.storage.chains import CLOSED, record_path
from worker.storage.index.database import IndexFile
from worker.storage.index.entries import Entry, Mark
from worker.storage.index.writing import note_archive, note_archived, read_marks, replace_entries, select_foldered
from worker.storage.threads import in_thread

log = structlog.get_logger()

_CHUNK = 25
"""Batches that are looked at together."""
_MOST_DOCUMENTS = 1000
"""After so many what was read is written: of large batches only a few are held at once."""
_TELL = timedelta(seconds=5)
"""Between two lines about how far a long piece of work is."""
_NOTHING = Mark(0, 0, 0, is_closed=False)


class BatchReader:
    """Reads what has changed in the ledger of that folder into that index."""

    def __init__(self, ledger: Ledger, folder: Path, file: IndexFile) -> None:
        self._ledger = ledger
        self._folder = folder
        self._file = file

    async def read_changed(self, batches: Sequence[BatchId]) -> None:
        """Read those of the batches whose records are others than when they were read."""
        await self._read_in_chunks(batches, self._find_changed)

    async def read_archived(self, archive: int, heads: Iterable[ChainHead]) -> None:
        """Say of the batches of an archive that it holds them, and read those that are not known as they are there."""
        unknown = await self._file.transact(note_archived, archive, heads)
        marks = {head.batch: Mark(head.records, 0, 0, is_closed=True) for head in unknown}

        async def find_marks(batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
            return {batch: marks[batch] for batch in batches}

        await self._read_in_chunks([*marks], find_marks, archive)
        await self._file.transact(note_archive, archive)

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
                await self._write(changed, archive)
                # What is sealed meanwhile goes first: half of one processor is left to it.
                await asyncio.sleep(time.monotonic() - began)
            if time.monotonic() - told > _TELL.total_seconds():
                told = time.monotonic()
                log.info("index under way", batches=done + _CHUNK, of=len(batches), read=read)
        if told > begun:
            log.info("index is complete", batches=len(batches), read=read, seconds=round(time.monotonic() - begun))

    async def _write(self, marks: Mapping[BatchId, Mark], archive: int | None) -> None:
        """Have the index say of these batches what the ledger says; one that it does not know any more is forgotten."""
        read, entries = list[BatchId](), list[Entry]()
        for number, (batch, mark) in enumerate(marks.items(), 1):
            read.append(batch)
            if (entry := await self._read(batch, mark)) is not None:
                entries.append(entry)
            if number == len(marks) or sum(len(entry.documents) for entry in entries) >= _MOST_DOCUMENTS:
                await self._file.transact(replace_entries, read, entries, archive)
                read, entries = [], []

    async def _read(self, batch: BatchId, mark: Mark) -> Entry | None:
        """The entry of the batch; None of one that a newer zimogs wrote, or that is not known any more."""
        try:
            return Entry.of(await self._ledger.read(batch), mark)
        except (UnknownBatch, NewerFormat):
            return None
        except BrokenLedger:
            damage = await self._ledger.find_damage(batch)
            return None if damage is None else Entry.of_damaged(damage, mark)

    @in_thread
    def _find_changed(self, batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
        """Those whose records are others than when they were read, with how they are marked now."""
        with self._file.writing() as connection:
            # What an archive holds changes no more, whatever somebody puts back into the ledger's folder.
            batches = select_foldered(connection, batches)
            known = read_marks(connection, batches)
        marks = ((batch, find_mark(self._folder, batch, known.get(batch, _NOTHING))) for batch in batches)
        return {batch: mark for batch, mark in marks if mark != known.get(batch)}


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
