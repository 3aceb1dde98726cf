"""The keys of the API on disk, one file each.

data/api-keys/<id>.json     the key without its secret; mode 0600, in a folder of mode 0700
data/api-keys/<id>.used     empty; its time tells the day of the key's last use
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from worker.storage.durable import make_folder, read_file, write_once, write_over


class KeyFiles:
    """Implements `worker.storage.api_keys.KeptKeys` below one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "api-keys"

    def ids(self) -> Iterable[str]:
        """The ids of all keys."""
        return [path.stem for path in self._folder.glob("*.json")]

    def read(self, key_id: str) -> bytes:
        """One of them. Raises FileNotFoundError."""
        return read_file(self._path(key_id))

    def create(self, key_id: str, content: bytes) -> None:
        """Keep a new one."""
        make_folder(self._folder.parent)
        make_folder(self._folder, 0o700)
        write_once(self._path(key_id), content, mode=0o600)

    def replace(self, key_id: str, content: bytes) -> None:
        """Keep it changed."""
        write_over(self._path(key_id), content, mode=0o600)

    def note_use(self, key_id: str) -> None:
        """Note that it was used this moment."""
        path = self._path(key_id).with_suffix(".used")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.utime(path)

    def last_used(self, key_id: str) -> date | None:
        """The day (UTC) on which that was noted last."""
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp(self._path(key_id).with_suffix(".used").stat().st_mtime, UTC).date()
        return None

    def _path(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.json"
