"""Moving files so that they are never lost, never doubled and never seen half."""

import errno
import hashlib
import secrets
import shutil
from pathlib import Path

from jobs.digest import Digest, HashAlgorithm
from worker.durable import sync_file, sync_folder


def sha256(path: Path) -> Digest:
    """Hash a file of any size in pieces."""
    with path.open("rb") as file:
        return Digest(algorithm=HashAlgorithm.SHA256, hex=hashlib.file_digest(file, "sha256").hexdigest())


def renamed(source: Path, target: Path) -> bool:
    """Rename, replacing the target; False when the two lie on different file systems."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
        raise
    return True


def move(source: Path, target: Path) -> None:
    """Put a synced file under a name that is ours, across file systems too; doing it again finishes it."""
    moved(source, target)
    sync_folder(target.parent)


def moved(source: Path, target: Path) -> None:
    """The same, for a caller who syncs the target's folder."""
    if not renamed(source, target):
        copy(source, target)
        source.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy durably: aside, synced, compared by SHA-256, then renamed into place. Raises OSError when they differ."""
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        shutil.copyfile(source, aside)
        sync_file(aside)
        if sha256(aside) != sha256(source):
            raise OSError(errno.EIO, "the copy differs from its source", str(source))
        aside.rename(target)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(target.parent)
