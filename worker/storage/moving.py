"""Moving files, and folders that are one document, so that they are never lost, never doubled and never seen half."""

import errno
import secrets
import shutil
from pathlib import Path

from worker.storage.copying import copy_in, hash_files
from worker.storage.durable import sync_file, sync_folder
from worker.storage.tree import Location


def move(source: Path, target: Path) -> None:
    """Put a synced file under a name that is ours, across file systems too; doing it again finishes it."""
    move_unsynced(source, target)
    sync_folder(target.parent)


def move_unsynced(source: Path, target: Path) -> None:
    """The same, for a caller who syncs the target's folder."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, target)
        remove(source)


def copy(source: Path, target: Path) -> None:
    """Copy durably: aside, synced, compared by SHA-256, then renamed into place. Raises OSError when they differ."""
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if copy_in(Location.of(source), aside) != hash_files(aside):
            raise OSError(errno.EIO, "the copy differs from its source", str(source))
        aside.rename(target)
    finally:
        remove(aside)
    sync_folder(target.parent)


def sync(path: Path) -> None:
    """Make a file durable, or a folder with all that is in it; links are left out."""
    within = path.rglob("*") if path.is_dir() else ()
    for each in (path, *within):
        if not each.is_symlink():
            sync_file(each)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
