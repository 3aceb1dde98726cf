"""What is done to an index once a day, a piece with each look: closed batches compared, words merged, all examined."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from worker.clock import utc_now
from worker.storage.index.database import IndexFile
from worker.storage.index.reading import BatchReader
from worker.storage.index.writing import merge_words, note_examination, read_examination, select_below

_EVERY = timedelta(days=1)
_COMPARED = 10
"""Closed batches of the ledger's folder that are compared with the index in one piece."""
_BEHIND_ALL = "~"
"""Sorts behind the name of every batch."""
_MERGED = 64
"""Pages of words that are merged in one piece: a hundredth of a second."""


class Upkeep:
    """Goes through one index once a day."""

    def __init__(self, file: IndexFile, reader: BatchReader, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._reader = reader
        self._clock = clock
        self._begin_at = 0.0
        self._uncompared = ""
        self._merged = 0

    async def go_on(self) -> bool:
        """Do the next piece, where there is one; False where the file is found damaged. Raises what reading does."""
        now = self._clock()
        if now >= self._begin_at:
            self._begin_at = now + _EVERY.total_seconds()
            self._uncompared, self._merged = _BEHIND_ALL, -_MERGED
        if self._uncompared:
            some = await self._file.transact(select_below, self._uncompared, _COMPARED)
            await self._reader.read_changed(some)
            self._uncompared = some[-1] if some else ""
        elif self._merged:
            self._merged = _MERGED if await self._file.transact(merge_words, self._merged) else 0
        elif utc_now() - await self._file.transact(read_examination) > _EVERY:
            if not await asyncio.to_thread(self._file.is_sound):
                return False
            await self._file.transact(note_examination, utc_now())
        return True
