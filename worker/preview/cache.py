"""Looks kept on disk by the content that was looked at: `data/previews/<sha256>.<kind>.json`, and `.jpg` beside it.

A cache: everything in it can be made again, so nothing is synced, and what is damaged is as good as not there. The
picture stands there before what tells of it.
"""

import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from jobs.model.documents import DataFile
from worker.clock import utc_now
from worker.preview.look import KINDS, PICTURE_ENDING, Fault, Look
from worker.storage.durable import make_folder, read_file

_AGAIN = timedelta(hours=1)
"""After which is tried again what failed for want of time or memory: the machine may have been at its end."""
_BEFORE = ".png"
"""How pictures ended before they were JPEGs; such a one is drawn anew, and goes with its age or its batch."""
_FULL_TO = 0.9
"""How much of its bytes the cache keeps when it was too full."""


class PreviewCache:
    """Looks below one folder: at most `most` bytes of them, each for `life`. Every method blocks and raises OSError."""

    def __init__(self, folder: Path, *, most: int, life: timedelta) -> None:
        self._folder = folder
        self._most = most
        self._life = life
        self._room = 0
        """Bytes that may be written until the folder has to be looked through."""

    def find(self, file: DataFile) -> Look | None:
        """What was seen of this content; None where nobody has looked."""
        path = self._path(file)
        try:
            look = Look.model_validate_json(read_file(path))
            if look.fault is None:
                path.with_suffix(PICTURE_ENDING).stat()
            elif look.fault is not Fault.UNREADABLE and _age(path.stat()) > _AGAIN:
                return None
        except (OSError, ValidationError):
            return None
        return look

    def picture(self, file: DataFile) -> bytes | None:
        """The picture of this content (JPEG), None where there is none."""
        try:
            return read_file(self._path(file).with_suffix(PICTURE_ENDING))
        except FileNotFoundError:
            return None

    def keep(self, file: DataFile, look: Look, picture: bytes) -> None:
        """Keep what was seen, and let go of what is too old or too much."""
        make_folder(self._folder, 0o700)
        path, told = self._path(file), look.model_dump_json().encode()
        if picture:
            _write(path.with_suffix(PICTURE_ENDING), picture)
        _write(path, told)
        self._room -= len(picture) + len(told)
        if self._room <= 0:
            self.tidy()

    def forget(self, file: DataFile) -> None:
        """Let go of what was seen of this content; nothing seen is fine."""
        path = self._path(file)
        for each in (path, path.with_suffix(PICTURE_ENDING), path.with_suffix(_BEFORE)):
            each.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what is older than its life, then the oldest until the rest fits."""
        kept: list[tuple[float, int, str]] = []
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    kept.append((status.st_mtime, status.st_size, entry.path))
        kept.sort(reverse=True)
        oldest, most, total = utc_now().timestamp() - self._life.total_seconds(), self._most * _FULL_TO, 0
        for made_at, size, path in kept:
            total += size
            if made_at < oldest or total > most:
                Path(path).unlink(missing_ok=True)
        self._room = max(1, self._most - min(total, int(most)))

    def _path(self, file: DataFile) -> Path:
        return self._folder / f"{file.sha256.hex}.{KINDS[file.media_type]}.json"


def _age(status: os.stat_result) -> timedelta:
    return timedelta(seconds=utc_now().timestamp() - status.st_mtime)


def _write(path: Path, content: bytes) -> None:
    # Several desks may share the folder; what one of them leaves half written goes with its age.
    aside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    aside.write_bytes(content)
    aside.replace(path)
