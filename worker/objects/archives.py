"""Archives in a bucket: `archives/<name>`, each created once, as the very file that stands in a folder on disk."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from jobs.model.ledger_archive import archive_number
from worker.objects.bucket import Bucket
from worker.objects.leases import ObjectLeases
from worker.objects.object_file import open_object
from worker.storage.archives.store import ARCHIVES

_LEASE = "leases/archives"
_A_MOMENT = 0.1
"""Seconds by which a sleep may end early."""


@asynccontextmanager
async def keeping_archives(leases: ObjectLeases) -> AsyncIterator[bool]:
    """Be the machine that archives and drops for the time of the block; False while another one is.

    One that was held up for so long that another took over does no harm: no archive is created twice.
    """
    async with leases.hold_key(_LEASE) as lease:
        if lease is not None:
            yield True
            return
    # A command of its own has seen no sign of life before: whoever holds it may have died.
    await asyncio.sleep(leases.life.total_seconds() + _A_MOMENT)
    async with leases.hold_key(_LEASE) as lease:
        yield lease is not None


class ArchiveObjects:
    """Implements `ArchiveStore` in a bucket.

    What was listed is believed for `fresh` seconds, or until something is changed here.
    """

    most_bytes = 1 << 27
    """A tenth of it in one request: what is sent in several cannot be created on a condition."""

    def __init__(self, bucket: Bucket, fresh: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._fresh = fresh
        self._clock = clock
        self._listed_at = -fresh
        self._names: frozenset[str] = frozenset()

    def names(self) -> frozenset[str]:
        """Everything that is there; the same object as before where nothing has changed."""
        if (now := self._clock()) >= self._listed_at + self._fresh:
            names = frozenset(each.key.rpartition("/")[2] for each in self._bucket.list(ARCHIVES))
            self._listed_at = now
            self._names = self._names if names == self._names else names
        return self._names

    def open(self, name: str) -> BinaryIO:
        """Open one for reading from any place in it. Raises FileNotFoundError."""
        return open_object(self._bucket, archive_key(name))

    def publish(self, draft: Path, name: str) -> None:
        """Create the object with what was put together, and read it back. Raises FileExistsError."""
        key = archive_key(name)
        self._forget()
        if archive_number(name) in map(archive_number, self.names()):
            # The storage refuses a name that is taken; the same number with another month it would take.
            raise FileExistsError(f"an archive of the number of {name} is there already: try again")
        self._bucket.create(key, draft)
        self._forget()
        with draft.open("rb") as file:
            if self._bucket.hash(key) != file_digest(file, "sha256").hexdigest():
                self.remove(name)
                raise OSError(errno.EIO, "does not read as it was written: look at the storage", key)

    def add(self, name: str, content: bytes) -> None:
        """The same for few bytes. Raises FileExistsError."""
        self._bucket.create(archive_key(name), content)
        self._forget()

    def remove(self, name: str) -> None:
        """Take one away for good."""
        self._bucket.remove(archive_key(name))
        self._forget()

    def _forget(self) -> None:
        self._listed_at = -self._fresh


def archive_key(name: str) -> str:
    """Where the archive or the stone of that name stands."""
    return f"{ARCHIVES}/{name}"
