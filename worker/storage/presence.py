"""Whether a worker is running: each holds a shared lock on one file, which the kernel lets go of when it dies.

No clock is compared and nothing has to be tidied up; the file's time only tells since when nobody has been there.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.storage.durable import make_folder
from worker.storage.leases import open_lock, try_lock
from worker.storage.threads import in_thread

_MARK = timedelta(seconds=10)


class Presence:
    """The workers of one data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @asynccontextmanager
    async def announced(self) -> AsyncIterator[None]:
        """Be a running worker for the time of the block. Raises OSError."""
        descriptor = await self._join()
        marking = asyncio.create_task(self._mark_for_ever())
        try:
            yield
        finally:
            marking.cancel()
            os.close(descriptor)

    @in_thread
    def last_seen(self) -> datetime | None:
        """When the last worker was seen, where none is running; None while one is, or where that cannot be told."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return datetime.fromtimestamp(0, UTC)
        except OSError:
            return None
        try:
            is_alone = try_lock(descriptor)
            return datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC) if is_alone else None
        finally:
            os.close(descriptor)

    async def _mark_for_ever(self) -> None:
        while True:
            # A time that cannot be written is no reason to stop working.
            with suppress(OSError):
                await asyncio.to_thread(os.utime, self._path)
            await asyncio.sleep(_MARK.total_seconds())

    @in_thread
    def _join(self) -> int:
        make_folder(self._path.parent)
        descriptor = open_lock(self._path)
        # Waits for nobody but who is just looking whether a worker is here.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor
