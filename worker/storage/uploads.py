"""Bytes of a document on their way in, piece by piece: into a hidden file of ours, hashed while they come.

The file has the name of a copy that its claimer has under way, so that what a crash leaves is removed like one.
"""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from jobs.model.digest import Digest, HashAlgorithm
from worker.storage.copying import SPARED
from worker.storage.durable import make_folder, sync_folder
from worker.storage.threads import in_thread

PIECE = 1 << 20
"""Bytes that are in memory before they are written."""


class TooManyBytes(Exception):
    """More came than may; `most` is the largest number of bytes that is taken."""

    def __init__(self, most: int) -> None:
        super().__init__(f"It has more than {most} bytes, the most that is taken here.")
        self.most = most


class Upload:
    """One file that is being received. `size` in bytes, of all that came so far."""

    def __init__(self, path: Path, most: int) -> None:
        self.size = 0
        self._path = path
        self._file = _create(path)
        self._most = most
        self._pieces = bytearray()
        self._hash = hashlib.sha256()

    async def write(self, piece: bytes) -> None:
        """Take the next bytes. Raises TooManyBytes, and OSError such as ENOSPC."""
        self.size += len(piece)
        if self.size > self._most:
            raise TooManyBytes(self._most)
        self._pieces += piece
        if len(self._pieces) >= PIECE:
            await self._flush()

    async def finish(self) -> Digest:
        """Make all of it durable but for its name, and let nobody write to it any more; gives its SHA-256.

        Raises OSError.
        """
        await self._flush()
        await self._close()
        return Digest(algorithm=HashAlgorithm.SHA256, hex=self._hash.hexdigest())

    def put(self, target: Path) -> None:
        """Give it its durable name. Blocks; raises FileExistsError, and OSError."""
        os.link(self._path, target)
        sync_folder(target.parent)

    async def _flush(self) -> None:
        pieces, self._pieces = bytes(self._pieces), bytearray()
        await self._write(pieces)

    @in_thread
    def _write(self, pieces: bytes) -> None:
        system = os.fstatvfs(self._file.fileno())
        # As with every copy: refused before the disk is full, which everybody else needs too.
        if system.f_bavail * system.f_frsize < len(pieces) + SPARED:
            raise OSError(errno.ENOSPC, "there is not enough room on the disk for it")
        self._hash.update(pieces)
        self._file.write(pieces)

    @in_thread
    def _close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    @in_thread
    def clear(self) -> None:
        """Remove what was received, or the name that it had meanwhile."""
        try:
            self._file.close()
        finally:
            self._path.unlink(missing_ok=True)


@asynccontextmanager
async def opened_upload(path: Path, most: int) -> AsyncIterator[Upload]:
    """Receive a file of at most so many bytes at that hidden path, which is gone at the end of the block.

    Raises OSError.
    """
    upload = await asyncio.to_thread(Upload, path, most)
    try:
        yield upload
    finally:
        await upload.clear()


def _create(path: Path) -> BinaryIO:
    make_folder(path.parent)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
