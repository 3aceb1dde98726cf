"""One worker at a time per batch, by a lock that the kernel lets go of the moment its holder dies."""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jobs.model.errors import UnknownBatch
from jobs.model.names import BatchId
from worker.storage.durable import make_folder


class FileLeases:
    """Implements `jobs.ports.Leases` with flock(2) on a file in each batch's folder of the ledger."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def hold(self, batch: BatchId) -> AsyncIterator[bool]:
        """Hold the batch for the time of the block; False when a living worker holds it already.

        Raises UnknownBatch when the ledger has no such folder: a made-up id must not leave one there; and OSError.
        """
        lock = self._folder / batch / "lock"
        try:
            descriptor = await asyncio.to_thread(open_lock, lock)
        except FileNotFoundError:
            if lock.is_symlink():
                raise OSError(errno.ELOOP, "is a link that leads nowhere; remove it", str(lock)) from None
            raise UnknownBatch(batch) from None
        except IsADirectoryError as error:
            raise OSError(error.errno, "is a folder and must be a file; remove it", str(lock)) from None
        try:
            yield try_lock(descriptor)
        finally:
            os.close(descriptor)


@asynccontextmanager
async def hold_lock(path: Path) -> AsyncIterator[asyncio.Event | None]:
    """Be the process that holds that lock for the time of the block; None while another one does. Raises OSError.

    A lock of the kernel is never lost, so the event is never set.
    """
    await asyncio.to_thread(make_folder, path.parent, 0o700)
    descriptor = await asyncio.to_thread(open_lock, path)
    try:
        yield asyncio.Event() if try_lock(descriptor) else None
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    """Open the file of a lock, made where there is none; closing it lets go of the lock. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process alone (flock(2)); False when a living one holds it already."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
