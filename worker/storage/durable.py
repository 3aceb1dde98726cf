"""Writing that survives a power cut: the file is on disk before its name is, and the name before we go on."""

import errno
import os
import secrets
import stat
from pathlib import Path
from typing import BinaryIO

NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
"""How link(2) says that a file system has no hard links."""


def read_file(path: Path) -> bytes:
    """The whole content. Raises OSError, also where something else bears the name."""
    with open_file(path, buffering=0) as file:
        return file.read()


def open_file(path: Path, buffering: int = -1) -> BinaryIO:
    """Open a file for reading. Raises OSError, also where something else bears the name: a pipe would keep us."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no file", str(path))
    return os.fdopen(descriptor, "rb", buffering)


def write_once(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Create the file whole, or not at all; `mode` is what the umask leaves of it. Raises FileExistsError.

    Written aside, synced, then linked: POSIX link(2) fails on an existing name, so of two writers one wins,
    and nobody ever reads half a file.
    """
    aside = _write_aside(path, content, mode)
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
    sync_folder(path.parent)


def create(path: Path, content: bytes) -> None:
    """Create the file in its place; a crash may leave part of `content`, and its name is durable when the caller syncs.

    Raises FileExistsError.
    """
    _write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), content)


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file, and sync it; a crash may leave part of `content`. Raises FileNotFoundError."""
    _write(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), content)


def write_once_noted(path: Path, note: Path, content: bytes) -> None:
    """Create the file like `write_once`, then `note` as a second name of it, or a copy on another file system.

    That one may be without hard links (FAT, exFAT, some SMB): the name is then taken by an empty file, created
    exclusively, which the whole one replaces.

    Neither name is durable until the caller syncs both folders. Raises FileExistsError, and then `note` is not there.
    """
    aside = _write_aside(note, content)
    try:
        link_noted(aside, path, note, content)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def link_noted(written: Path, path: Path, note: Path, content: bytes) -> None:
    """The same for what is written already, with that content: `note` is its new name. Raises FileExistsError."""
    _link(written, path, content)
    written.replace(note)


def write_over(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Create or replace the file; a reader sees the old content or the new, never a mixture; `mode` as above."""
    write_whole(path, content, mode=mode)
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """The same, for a caller who syncs the folder: only then is the name durable."""
    _write_aside(path, content, mode).replace(path)


def make_folder(path: Path, mode: int = 0o777) -> Path:
    """Create the folder and its parents, each one synced into its parent; gives the folder back.

    `mode` is what the umask leaves of it, for the folder itself.
    """
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode, exist_ok=True)
        sync_folder(path.parent)
    return path


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable, as far as its file system can."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # EINVAL: a folder has no fsync there (fsync(2)), as with older SMB clients; the doctor tells which one.
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
            raise
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's content durable, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(source: Path, path: Path, content: bytes) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _create(path, content)


def _create(path: Path, content: bytes) -> None:
    aside = _write_aside(path, content)
    try:
        os.link(aside, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _write_aside(path: Path, content: bytes, mode: int = 0o666) -> Path:
    aside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        _write(descriptor, content)
    except OSError:
        # On a full disk everything is tried every few seconds: each try would leave a file behind.
        aside.unlink()
        raise
    return aside


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        left = memoryview(content)
        while left:
            left = left[file.write(left) :]
        os.fsync(descriptor)
