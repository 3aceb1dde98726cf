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
    ArchiveStone,
    archive_month,
    archive_name,
    encode_signed,
    end_of_month,
    is_stone,
    stone_name,
)
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import hash_file


@dataclass(frozen=True, slots=True)
class ExpiredArchive:
    """An archive that is to be dropped: its name, how many batches it holds, its size in bytes, and its file's hash."""

    name: str
    batches: int
    size: int
    sha256: Digest

    @property
    def ended_at(self) -> datetime:
        """When its month was over."""
        return end_of_month(archive_month(self.name))


def find_expired_archives(archives: Archives, keep: timedelta, now: datetime) -> Iterator[ExpiredArchive]:
    """Those whose months have been over for longer than they are kept, the oldest first; a newer one waits for these.

    Blocks. Raises BrokenArchive where one cannot be read, and OSError.
    """
    for name in archives.names().values():
        if is_stone(name):
            continue
        if end_of_month(archive_month(name)) + keep > now:
            return
        digest, size = hash_file(archives, name)
        yield ExpiredArchive(name, len(archives.read_manifest(name, None).heads), size, digest)


def drop_archive(archives: Archives, expired: ExpiredArchive, policy: str, now: datetime, secret: bytes) -> None:
    """Leave a stone, and remove the archive; whoever calls holds the archives.

    Blocks. Raises BrokenArchive where its manifest is not the ledger's own, and OSError.
    """
    manifest = archives.read_manifest(expired.name, secret)
    stone = ArchiveStone(
        summary=manifest.summary,
        dropped_at=now,
        policy=policy,
        sha256=expired.sha256,
        size=expired.size,
        manifest=manifest,
    )
    archives.store.add(stone_name(expired.name), encode_signed(stone, secret))
    archives.store.remove(expired.name)


def finish_dropping(archives: Archives, secret: bytes) -> None:
    """Remove archives of which a stone stands already.

    Blocks. Raises BrokenArchive where a stone is not the ledger's own or that of another file, and OSError.
    """
    there = archives.store.names()
    for number, name in archives.names().items():
        if is_stone(name) and (left := archive_name(number, archive_month(name))) in there:
            if hash_file(archives, left)[0] != archives.read_stone(name, secret).sha256:
                raise BrokenArchive(f"{name} says that {left} was dropped, and that is another file: it stays")
            archives.store.remove(left)
