"""This machine's copies of the archives in a bucket, in `data/archives`: each is fetched once, since none ever changes.

One that is gone from the bucket, or that is another one there by now, stays here unless its stone, which bears the MAC
of the ledger's key, says that it was dropped: nobody knows yet why, and this may be the last one.
"""

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from jobs.model.ledger_archive import archive_number, archive_of, is_stone
from worker.objects.archives import archive_key
from worker.objects.bucket import Bucket
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ARCHIVES, ArchiveFolder
from worker.storage.durable import make_folder, sync_file, sync_folder
from worker.storage.reach import TellDone

log = structlog.get_logger()

_PART = ".part"
_ABANDONED = 3600.0
"""Seconds after which nobody writes to a part any more: another process of this machine may."""


class ArchiveCopies:
    """The copies in one folder."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self._bucket = bucket
        self.folder = folder
        self.archives = Archives(ArchiveFolder(folder))

    def update(self, secret: bytes, tell: TellDone) -> None:
        """Have here what is there; `tell` hears how far that is. Blocks; raises OSError."""
        listed = {each.key.rpartition("/")[2]: each.size for each in self._bucket.list(ARCHIVES)}
        names = [name for name in listed if archive_number(name) is not None]
        for done, name in enumerate(names):
            tell(done, len(names))
            path = self.folder / name
            if path.exists() and path.stat().st_size != listed[name] and self.archives.is_whole(name, secret):
                log.warning("archive is another one in the bucket", archive=name, advice="run `zimogs audit verify`")
            elif not path.exists() or path.stat().st_size != listed[name]:
                self._fetch(name)
        self._clear(names, secret)

    def _clear(self, names: Sequence[str], secret: bytes) -> None:
        """Remove what was dropped by policy, and what somebody who died has half fetched."""
        dropped = {archive_of(name) for name in names if is_stone(name) and self.archives.is_whole(name, secret)}
        for name in dropped.difference(names):
            (self.folder / name).unlink(missing_ok=True)
        for part in self.folder.glob(f".*{_PART}"):
            with suppress(FileNotFoundError):
                if time.time() - part.stat().st_mtime > _ABANDONED:
                    part.unlink()

    def _fetch(self, name: str) -> None:
        aside = make_folder(self.folder, 0o700) / f".{secrets.token_hex(8)}{_PART}"
        try:
            self._bucket.fetch(archive_key(name), aside)
            sync_file(aside)
            aside.replace(self.folder / name)
            sync_folder(self.folder)
        except FileNotFoundError:
            # It was dropped by policy a moment ago.
            return
        finally:
            aside.unlink(missing_ok=True)
