"""Which document came under which key, so that one that is sent again is not taken in again.

    data/handed-in/<owner>/<SHA-256 of the key>.json    what was handed in, and as which document
    data/handed-in/<owner>/<SHA-256 of the key>.lock    held while it is being handed in

The record is written before the document is ours, and once more when it is (`is_taken`). After a crash in between it
names a document that may never have come to be: whoever sends it again finds out, and then it is taken as a new one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.hand_in import Once, UnderWay
from jobs.model.names import ADocument
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.leases import try_lock

PLACE = "inbox-"
"""Begins the owners whose keys no age ends: by them a file is known that is ours, and stays where it was for ever."""
_RECORD, _LOCK = ".json", ".lock"


class HandedIn(Frozen):
    """One hand-in: `fingerprint` and `sha256` in hexadecimal, `size` in bytes."""

    document: ADocument
    fingerprint: str
    sha256: str
    size: int
    at: AwareDatetime
    is_taken: bool = False


class HandInBook:
    """The records below one data folder. Every method blocks, and raises OSError."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "handed-in"

    @contextmanager
    def holding(self, once: Once) -> Iterator[None]:
        """Keep others from handing in under the same key for the time of the block. Raises UnderWay when they do."""
        path = self._path(once).with_suffix(_LOCK)
        make_folder(self._folder, 0o700)
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not try_lock(descriptor) or not _is_named(descriptor, path):
                raise UnderWay
            yield
        finally:
            os.close(descriptor)

    def read(self, once: Once) -> HandedIn | None:
        """What was handed in under that key; None where nothing was, or it cannot be read."""
        try:
            return HandedIn.model_validate_json(read_file(self._path(once)))
        except (FileNotFoundError, ValidationError):
            return None

    def reserve(self, once: Once, record: HandedIn) -> HandedIn:
        """Note what is about to be ours, durably, in the place of what never was; gives what stands there now."""
        self._write(once, record)
        return record

    def note_taken(self, once: Once, record: HandedIn) -> None:
        """Note that it is ours."""
        self._write(once, record.model_copy(update={"is_taken": True}))

    def forget(self, once: Once) -> None:
        """Forget one key, under which nothing will be sent again. Raises UnderWay."""
        with self.holding(once):
            path = self._path(once)
            path.unlink(missing_ok=True)
            path.with_suffix(_LOCK).unlink(missing_ok=True)

    def drop(self, now: datetime, life: timedelta) -> int:
        """Remove what is older than `life`, but for keys of places; gives how many records were."""
        dropped = 0
        locks = self._folder.glob(f"*/*{_LOCK}")
        for lock in (each for each in locks if not each.parent.name.startswith(PLACE)):
            record = lock.with_suffix(_RECORD)
            is_kept = record.exists()
            with suppress(FileNotFoundError):
                if now.timestamp() - (record if is_kept else lock).stat().st_mtime > life.total_seconds():
                    lock.unlink()
                    record.unlink(missing_ok=True)
                    dropped += is_kept
        return dropped

    def _write(self, once: Once, record: HandedIn) -> None:
        write_over(self._path(once), record.model_dump_json().encode())

    def _path(self, once: Once) -> Path:
        return self._folder / once.owner / f"{hash_key(once)}{_RECORD}"


def hash_key(once: Once) -> str:
    """A name for the key, which is somebody else's text and may hold anything."""
    return sha256(once.key.encode(errors="surrogatepass")).hexdigest()


def _is_named(descriptor: int, path: Path) -> bool:
    """Whether the locked file still bears its name: it may have been dropped a moment before."""
    with suppress(FileNotFoundError):
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    return False
