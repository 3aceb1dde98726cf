"""Writing that survives a power cut: the file is on disk before its name is, and the name before we go on."""

import os
import secrets
from pathlib import Path


def write_once(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Create the file whole, or not at all; `mode` is what the umask leaves of it. Raises FileExistsError.

    Written aside, synced, then linked: POSIX link(2) fails on an existing name, so of two writers one wins,
    and nobody ever reads half a file.
    """
    aside = _written_aside(path, content, mode)
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
    sync_folder(path.parent)


def write_over(path: Path, content: bytes) -> None:
    """Create or replace the file; a reader sees the old content or the new, never a mixture."""
    _written_aside(path, content).replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> Path:
    """Create the folder and its parents, each one synced into its parent; gives the folder back."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
    return path


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_aside(path: Path, content: bytes, mode: int = 0o666) -> Path:
    aside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return aside
