"""Where archives lie: each is one object under a name, written once and whole. And who may change what lies there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from worker.storage.durable import make_folder, open_file, sync_file, sync_folder, write_once
from worker.storage.leases import open_lock, try_lock
from worker.storage.listed_folder import ListedFolder

ARCHIVES = "archives"
"""The folder of the archives, beside the ledger's."""


class ArchiveStore(Protocol):
    """Archives and stones by name. Every method blocks and raises OSError."""

    @property
    def most_bytes(self) -> int:
        """Of the records in one archive, before they are compressed."""
        ...

    def names(self) -> frozenset[str]:
        """Everything that is there; the same object as before where nothing has changed."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one for reading from any place in it. Raises FileNotFoundError."""
        ...

    def publish(self, draft: Path, name: str) -> None:
        """Have what was put together in `draft` stand there, durably and as it is. Raises FileExistsError."""
        ...

    def add(self, name: str, content: bytes) -> None:
        """The same for few bytes. Raises FileExistsError."""
        ...

    def remove(self, name: str) -> None:
        """Take one away for good."""
        ...


class ArchiveFolder:
    """Implements `ArchiveStore` in a folder on disk."""

    most_bytes = 1 << 30

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listed = ListedFolder(folder)

    @classmethod
    def beside(cls, ledger: Path) -> "ArchiveFolder":
        """The archives of the ledger in that folder."""
        return cls(ledger.parent / ARCHIVES)

    def names(self) -> frozenset[str]:
        """Everything that is there; the same object as before where nothing has changed."""
        return self._listed.names()

    def open(self, name: str) -> BinaryIO:
        """Open one for reading from any place in it. Raises FileNotFoundError."""
        return open_file(self.folder / name)

    def publish(self, draft: Path, name: str) -> None:
        """Have the draft, which stands in the folder too, stand there, durably. Raises FileExistsError."""
        sync_file(draft)
        os.link(draft, self.folder / name)
        sync_folder(self.folder)

    def add(self, name: str, content: bytes) -> None:
        """The same for few bytes. Raises FileExistsError."""
        write_once(self.folder / name, content, mode=0o600)

    def remove(self, name: str) -> None:
        """Take one away for good."""
        (self.folder / name).unlink(missing_ok=True)
        sync_folder(self.folder)


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold the folder of the archives on this machine for the time of the block; False where another process does.

    Blocks. Raises OSError.
    """
    lock = open_lock(make_folder(folder, 0o700) / "lock")
    try:
        yield try_lock(lock)
    finally:
        os.close(lock)
