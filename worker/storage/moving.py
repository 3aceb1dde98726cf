"""Moving files, and folders that are one document, so that they are never lost, never doubled and never seen half."""

import errno
import hashlib
import secrets
import shutil
from pathlib import Path

from jobs.model.digest import Digest, HashAlgorithm
from worker.storage.durable import sync_file, sync_folder


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
        remove(source)


def copy(source: Path, target: Path) -> None:
    """Copy durably: aside, synced, compared by SHA-256, then renamed into place. Raises OSError when they differ."""
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        shutil.copytree(source, aside, symlinks=True) if source.is_dir() else shutil.copyfile(source, aside)
        sync(aside)
        if _hashes(aside) != _hashes(source):
            raise OSError(errno.EIO, "the copy differs from its source", str(source))
        aside.rename(target)
    finally:
        remove(aside)
    sync_folder(target.parent)


def sync(path: Path) -> None:
    """Make a file durable, or a folder with all that is in it."""
    for each in (path, *_inside(path)):
        sync_file(each)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def files_in(path: Path) -> list[Path]:
    """The file itself, or every file in the folder however deep; links are left out."""
    return [each for each in _inside(path) if each.is_file()] if path.is_dir() else [path]


def _inside(path: Path) -> list[Path]:
    """Every file and folder in the folder however deep, none in a file; links are left out."""
    everything = path.rglob("*") if path.is_dir() else ()
    return [each for each in everything if (each.is_file() or each.is_dir()) and not each.is_symlink()]


def _hashes(path: Path) -> dict[str, Digest]:
    return {str(each.relative_to(path)): sha256(each) for each in files_in(path)}
