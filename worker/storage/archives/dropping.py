"""Dropping archives by policy: the oldest first, and of each a stone stays, so that the chain still holds.

The stone is durable before its archive goes. Whoever dies in between leaves both; the archive then counts as dropped,
and the next one takes it away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.model.digest import Digest
from jobs.model.errors import BrokenArchive
from jobs.model.ledger_archive import (
    ArchiveManifest,
    ArchiveStone,
    archive_of,
    encode_signed,
    end_of_month,
    is_stone,
    stone_name,
)
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import hash_file


@dataclass(frozen=True, slots=True)
class ExpiredArchive:
    """An archive that is to be dropped: its name, its manifest, its size in bytes, and its file's hash."""

    name: str
    manifest: ArchiveManifest
    size: int
    sha256: Digest

    @property
    def batches(self) -> int:
        """How many it holds."""
        return len(self.manifest.heads)

    @property
    def ended_at(self) -> datetime:
        """When its month was over."""
        return end_of_month(self.manifest.month)


def find_expired_archives(
    archives: Archives, keep: timedelta, now: datetime, secret: bytes
) -> Iterator[ExpiredArchive]:
    """Those whose months have been over for longer than they are kept, the oldest first; a newer one waits for these.

    Blocks. Raises BrokenArchive where one cannot be read, or says another month than the ledger's key vouches for, and
    OSError.
    """
    for name in archives.names().values():
        if is_stone(name):
            continue
        manifest = archives.read_manifest(name, secret)
        if manifest.summary != archives.summary(name):
            # Anybody can give a file another name, and a ZIP another comment.
            raise BrokenArchive(f"{name}: its manifest is that of another archive; restore it from the backup")
        if end_of_month(manifest.month) + keep > now:
            return
        digest, size = hash_file(archives, name)
        yield ExpiredArchive(name, manifest, size, digest)


def drop_archive(archives: Archives, expired: ExpiredArchive, policy: str, now: datetime, secret: bytes) -> None:
    """Leave a stone, and remove the archive; whoever calls holds the archives. Blocks. Raises OSError."""
    stone = ArchiveStone(
        summary=expired.manifest.summary,
        dropped_at=now,
        policy=policy,
        sha256=expired.sha256,
        size=expired.size,
        manifest=expired.manifest,
    )
    archives.store.add(stone_name(expired.name), encode_signed(stone, secret))
    archives.store.remove(expired.name)


def finish_dropping(archives: Archives, secret: bytes) -> None:
    """Remove archives of which a stone stands already.

    Blocks. Raises BrokenArchive where a stone is not the ledger's own or that of another file, and OSError.
    """
    there = archives.store.names()
    for name in archives.names().values():
        if is_stone(name) and (left := archive_of(name)) in there:
            if hash_file(archives, left)[0] != archives.read_stone(name, secret).sha256:
                raise BrokenArchive(f"{name} says that {left} was dropped, and that is another file: it stays")
            archives.store.remove(left)
