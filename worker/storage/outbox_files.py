"""What lies in the outbox, as whoever compares it with the ledger needs it: sizes, hashes, and sidecars."""

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from worker.storage.copying import hash_files
from worker.storage.sidecar import Sidecar, read_sidecar
from worker.storage.tree import walk


class OutboxFiles(Protocol):
    """The files that consumers see, by their paths below the outbox. Every method blocks."""

    def sizes(self) -> Mapping[str, int]:
        """Everything but folders and what is hidden, with its size in bytes."""
        ...

    def hash(self, paths: Sequence[str]) -> Sequence[str]:
        """The SHA-256 of each of these files in hexadecimal; empty for one that cannot be read."""
        ...

    def read_sidecar(self, path: str) -> Sidecar | None:
        """The sidecar of that path; None for anything that is none."""
        ...


class OutboxFolder:
    """Implements `OutboxFiles` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sizes(self) -> Mapping[str, int]:
        """Everything but folders and what is hidden, with its size; a link is what it is, and not what it leads to."""
        found = {}
        for entry in walk(self._folder, enters=lambda parts: not parts[-1].startswith(".")):
            if entry.status is not None and not stat.S_ISDIR(entry.kind) and not entry.parts[-1].startswith("."):
                found[str(PurePosixPath(*entry.parts))] = entry.status.st_size
        return found

    def hash(self, paths: Sequence[str]) -> Sequence[str]:
        """The SHA-256 of each of these files in hexadecimal; empty for one that cannot be read."""
        return [self._hash(path) for path in paths]

    def read_sidecar(self, path: str) -> Sidecar | None:
        """The sidecar of that path; None for anything that is none."""
        return read_sidecar(self._folder / path)

    def _hash(self, path: str) -> str:
        try:
            (file,) = hash_files(self._folder / path)
        except (OSError, ValueError):
            return ""
        return file.sha256.hex
