"""Moving files, and folders that are one document, so that they are never lost, never doubled and never seen half."""

import errno
import os
import secrets
import stat
from pathlib import Path

from worker.storage import tree
from worker.storage.copying import copy_in, hash_files
from worker.storage.durable import sync_folder
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
    """Make a file durable, or a folder with all that is in it; links, pipes and what lies too deep are left out."""
    locations = [Location.of(path)]
    if path.is_dir():
        kinds = {stat.S_IFREG, stat.S_IFDIR}
        locations += [Location(path, entry.parts) for entry in tree.walk(path) if entry.kind in kinds]
    for location in locations:
        with location.opened() as descriptor:
            os.fsync(descriptor)


def remove(path: Path) -> None:
    """Remove a file of ours, or a folder with all that is in it; nothing there is fine."""
    tree.remove(Location.of(path))
