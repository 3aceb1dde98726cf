"""Originals and evidence that are kept on disk: which of them have been there for long, and how they go."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jobs.model.names import is_batch_id
from worker.storage.chains import CLOSED
from worker.storage.durable import sync_folder
from worker.storage.layout import Layout
from worker.storage.retention import Expired, Kind

_EVIDENCE = (".unverified", ".sealed")
"""How the names of sealed files end that were not delivered."""


class KeptFolders:
    """Implements `worker.storage.retention.KeptFiles` in the data folder: `originals`, and `quarantine`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._ledger = layout.root / "ledger"

    def find_originals(self, before: datetime) -> Iterator[Expired]:
        """Those of a batch together; of documents that were not sealed for being the same as others, one by one."""
        folder = self._folder(Kind.ORIGINALS)
        for path in _list(folder):
            if is_batch_id(path.name) and self._is_under_way(path.name):
                continue
            for one in [path] if is_batch_id(path.name) else _list(path):
                # When the inode changed last: the time of the content is the sender's.
                since = datetime.fromtimestamp(one.lstat().st_ctime, UTC)
                if since <= before:
                    yield Expired(Kind.ORIGINALS, str(one.relative_to(folder)), since, _measure(one))

    def find_evidence(self, before: datetime) -> Iterator[Expired]:
        """Those of which no original is in quarantine any more."""
        for path in _list(self._layout.quarantine):
            if path.suffix in _EVIDENCE and not path.with_suffix(".original").exists():
                since = datetime.fromtimestamp(path.lstat().st_ctime, UTC)
                if since <= before:
                    yield Expired(Kind.EVIDENCE, path.name, since, _measure(path))

    def remove(self, expired: Expired) -> None:
        """Remove a file, or a folder with all that is in it."""
        path = self._folder(expired.kind) / expired.name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        sync_folder(path.parent)

    def _is_under_way(self, batch: str) -> bool:
        """Whether something may still have to be done with its originals: what is settled is marked, or archived."""
        return (self._ledger / batch).is_dir() and not (self._ledger / batch / CLOSED).exists()

    def _folder(self, kind: Kind) -> Path:
        return self._layout.root / "originals" if kind is Kind.ORIGINALS else self._layout.quarantine


def _list(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _measure(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(path) for name in names)
