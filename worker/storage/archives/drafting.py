"""Putting an archive together: written beside the others, read back from the disk, and only then published."""

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

from jobs.model.chain import ChainHead
from jobs.model.digest import Digest
from jobs.model.errors import BrokenArchive
from jobs.model.ledger_archive import ArchiveManifest, ArchiveSummary, archive_name, encode_signed, order_heads
from jobs.model.names import BatchId
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.file_format import MANIFEST, UNREADABLE, Directory, read_summary, write_batch, write_end
from worker.storage.durable import sync_file

_DRAFT = ".draft"
_BLOCK = 1 << 20


class EndedBatch(NamedTuple):
    """A batch to be archived: its entries, byte for byte, and when it was over."""

    batch: BatchId
    entries: Sequence[bytes]
    at: datetime


def write_archive(
    archives: Archives,
    drafts: Path,
    month: str,
    batches: Iterable[EndedBatch],
    *,
    number: int,
    now: datetime,
    secret: bytes,
) -> str | None:
    """Write the archive of that number with these batches, read it back, and publish it; gives its name, None without.

    `drafts` is the folder in which it is put together. Raises BrokenArchive where it does not read as it was written,
    FileExistsError when another process was faster, and OSError.
    """
    names = archives.names()
    if any(other >= number for other in names):
        raise FileExistsError(f"archive {number} was written by another machine meanwhile: try again")
    newest = names.get(number - 1)
    previous = None if newest is None else _hash_of(archives, newest)
    latest_before = {} if newest is None else archives.summary(newest).latest
    with _drafted(drafts) as draft:
        sums = {}
        heads = []
        with ZipFile(draft, "w") as archive:
            for one in batches:
                write_batch(archive, one.batch, one.entries, one.at)
                sums[one.batch] = _sum_of(one.entries)
                heads.append(ChainHead.of(one.batch, len(one.entries), one.entries[-1]))
            if not heads:
                return None
            manifest = ArchiveManifest(
                number=number,
                month=month,
                at=now,
                previous=previous,
                latest_before=latest_before,
                heads=order_heads(heads),
            )
            signed = encode_signed(manifest, secret)
            write_end(archive, manifest.summary, signed, now)
        _read_back(draft, sums, manifest.summary, signed)
        name = archive_name(number, month)
        archives.store.publish(draft, name)
    return name


def remove_drafts(folder: Path) -> None:
    """Remove what somebody who died left half written. Raises OSError."""
    for draft in folder.glob(f".*{_DRAFT}"):
        draft.unlink(missing_ok=True)


def hash_file(archives: Archives, name: str) -> tuple[Digest, int]:
    """SHA-256 and size (bytes) of an archive's file. Raises BrokenArchive, and OSError."""
    digest, size = sha256(), 0
    with archives.opened(name) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Digest.of(digest.digest()), size


def _hash_of(archives: Archives, name: str) -> Digest:
    """The SHA-256 of the newest archive's file, also where that was dropped."""
    return hash_file(archives, name)[0] if name.endswith(".zip") else archives.read_stone(name, None).sha256


@contextmanager
def _drafted(folder: Path) -> Iterator[Path]:
    draft = folder / f".{secrets.token_hex(8)}{_DRAFT}"
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _read_back(draft: Path, sums: dict[BatchId, bytes], summary: ArchiveSummary, manifest: bytes) -> None:
    """Raise BrokenArchive where what stands on the disk is not what was written."""
    sync_file(draft)
    with draft.open("rb") as file:
        # From the disk, and not from what the kernel remembers of what was written.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            directory = Directory(file)
            is_same = directory.read(file, MANIFEST) == manifest and {*directory.batches} == {*sums}
            if (
                is_same
                and read_summary(file) == summary
                and all(_sum_of(directory.read_batch(file, batch)) == sums[batch] for batch in sums)
            ):
                return
        except UNREADABLE as error:
            raise BrokenArchive(f"{draft} does not read as it was written ({error}): look at the disk") from error
    raise BrokenArchive(f"{draft} does not read as it was written: look at the disk")


def _sum_of(entries: Sequence[bytes]) -> bytes:
    return sha256(b"\n".join(entries)).digest()
