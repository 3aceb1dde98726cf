"""Where archives lie: each is one object under a name, written once and whole."""

import os
from pathlib import Path
from typing import BinaryIO, Protocol

from worker.storage.durable import make_folder, open_file, sync_file, sync_folder, write_once
from worker.storage.listed_folder import ListedFolder

ARCHIVES = "archives"
"""The folder of the archives, beside the ledger's."""


class ArchiveStore(Protocol):
    """Archives and stones by name. Every method blocks and raises OSError."""

    def names(self) -> frozenset[str]:
        """Everything that is there; the same object as before where nothing has changed."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one for reading from any place in it. Raises FileNotFoundError."""
        ...

    def prepare(self) -> Path:
        """A folder on this machine in which one is put together."""
        ...

    def publish(self, draft: Path, name: str) -> None:
        """Have what was put together stand there, durably. Raises FileExistsError."""
        ...

    def add(self, name: str, content: bytes) -> None:
        """The same for few bytes. Raises FileExistsError."""
        ...

    def remove(self, name: str) -> None:
        """Take one away for good."""
        ...


class ArchiveFolder:
    """Implements `ArchiveStore` in a folder on disk."""

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

    def prepare(self) -> Path:
        """The folder itself: a link leads nowhere else."""
        return make_folder(self.folder, 0o700)

    def publish(self, draft: Path, name: str) -> None:
        """Have what was put together stand there, durably. Raises FileExistsError."""
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
