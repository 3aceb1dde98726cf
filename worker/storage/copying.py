"""Making a file ours: a copy with an inode of its own, which nobody outside holds open, hashed while it is made.

Whoever holds a file open keeps writing to it under every name it gets, so a rename makes nothing ours.
"""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.model.digest import Digest, HashAlgorithm
from worker.storage.durable import sync_folder
from worker.storage.fingerprint import Changing, Fingerprint, fingerprint, has_writer
from worker.storage.tree import Location, status_of, walk

PIECE = 1 << 20
"""Bytes of a file that are in memory at a time."""
SPARED = 64 << 20
"""Bytes that stay free on our disk, whatever comes in."""
_OURS = 0o600
"""What we may do with our copy, whatever the one who made the original may."""

_FICLONE = 0x40049409
"""ioctl_ficlone(2): both files share their blocks until one of them is written to (Btrfs, XFS, ZFS, bcachefs)."""

GoOn = Callable[[], None]
"""Called between pieces; raises OSError to stop."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """One file that was copied or read: its path within what was dropped (empty for a file by itself)."""

    path: str
    size: int
    sha256: Digest


def copy_in(source: Location, target: Path, go_on: GoOn = lambda: None) -> tuple[CopiedFile, ...]:
    """Copy a file, or a folder with all that is in it, durably but for the target's own name; gives every file's hash.

    Raises Changing when it is written to meanwhile, or some program holds it open for writing, and OSError.
    """
    status = source.status()
    if not stat.S_ISDIR(status.st_mode):
        return (_copy_file(source, target, "", go_on),)
    before = fingerprint(source)
    target.mkdir()
    files: list[CopiedFile] = []
    folders = [target]
    for entry in walk(source.root, source.parts):
        within = entry.parts[len(source.parts) :]
        copied = target.joinpath(*within)
        match stat.S_IFMT(status_of(entry).st_mode):
            case stat.S_IFDIR:
                copied.mkdir()
                folders.append(copied)
            case stat.S_IFREG:
                files.append(_copy_file(Location(source.root, entry.parts), copied, "/".join(within), go_on))
            case stat.S_IFLNK:
                # It leads nowhere that is ours; it is kept because whoever sorts out the refused folder put it there.
                with Location(source.root, entry.parts).folder() as parent:
                    copied.symlink_to(os.readlink(within[-1], dir_fd=parent))
            case _:
                raise OSError(errno.EINVAL, "is neither a file nor a folder", str(source.root.joinpath(*entry.parts)))
    if fingerprint(source) != before:
        raise Changing(source.path)
    for folder in reversed(folders):
        sync_folder(folder)
    return tuple(files)


def hash_files(path: Path, go_on: GoOn = lambda: None) -> tuple[CopiedFile, ...]:
    """Hash a file, or every file in a folder, that stands in a folder of ours."""
    if not path.is_dir():
        return (_read_file(Location.of(path), "", go_on),)
    entries = [entry for entry in walk(path) if stat.S_ISREG(status_of(entry).st_mode)]
    return tuple(_read_file(Location(path, entry.parts), "/".join(entry.parts), go_on) for entry in entries)


def _copy_file(source: Location, target: Path, path: str, go_on: GoOn) -> CopiedFile:
    with source.opened() as descriptor, _created(target) as copy:
        before = _plain(os.fstat(descriptor), source.path)
        if _clone(descriptor, copy):
            pieces = _read(copy, go_on)
        else:
            _require_room(copy, before)
            pieces = _write(copy, _read(descriptor, go_on, before.st_size))
        copied = _hash(path, pieces)
        if has_writer(descriptor) or Fingerprint.of(os.fstat(descriptor)) != Fingerprint.of(before):
            raise Changing(source.path)
        # Who could read it can still read it, should it come to lie in quarantine.
        os.fchmod(copy, stat.S_IMODE(before.st_mode) & 0o666 | _OURS)
        os.fsync(copy)
        return copied


def _read_file(location: Location, path: str, go_on: GoOn) -> CopiedFile:
    with location.opened() as descriptor:
        _plain(os.fstat(descriptor), location.path)
        return _hash(path, _read(descriptor, go_on))


def _plain(status: os.stat_result, path: Path) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a plain file", str(path))
    return status


@contextmanager
def _created(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _clone(source: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # another file system, or one that cannot: then it is copied
        return False
    return True


def _require_room(target: int, source: os.stat_result) -> None:
    """Raise ENOSPC before the disk is full, not when it is: everybody else needs it too. Holes take no room."""
    system = os.fstatvfs(target)
    if source.st_blocks * 512 > system.f_bavail * system.f_frsize - SPARED:
        raise OSError(errno.ENOSPC, "there is not enough room on the disk for a copy of it")


def _read(descriptor: int, go_on: GoOn, size: int | None = None) -> Iterator[bytes]:
    """Read to the end, or at most `size` bytes: a file that grows as fast as we read it would never end."""
    left = size
    while piece := os.read(descriptor, PIECE if left is None else min(PIECE, left)):
        left = None if left is None else left - len(piece)
        yield piece
        go_on()


def _write(target: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Write each piece before handing it on; a piece of zeros stays a hole, so that no sparse file fills our disk."""
    size = 0
    for piece in pieces:
        if piece.count(0) < len(piece):
            left = memoryview(piece)
            while left:
                left = left[os.pwrite(target, left, size + len(piece) - len(left)) :]
        size += len(piece)
        yield piece
    os.ftruncate(target, size)


def _hash(path: str, pieces: Iterable[bytes]) -> CopiedFile:
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return CopiedFile(path, size, Digest(algorithm=HashAlgorithm.SHA256, hex=digest.hexdigest()))
