"""The names in a folder that seldom changes, listed anew only when the folder's own time tells of a change."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NewType

_GRAIN = 2.0
"""Seconds; no file system tells times less exactly (FAT). Until then another name may have come at the same time."""
_LIST_AGAIN = 60.0
"""Seconds after which the names are listed whatever the folder's time says: networks may tell an old one."""

FolderStamp = NewType("FolderStamp", str)
"""A folder's inode, and when it and its inode last changed (ns); the last of these nobody can set (POSIX, st_ctim)."""


class ListedFolder:
    """What one process knows of the names in a folder. Every method blocks; whoever shares it locks."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._stamp: FolderStamp | None = None
        self._trusted_at = self._listed_at = 0.0

    def names(self) -> frozenset[str]:
        """What lies in it, nothing where it is not there; the same object as before where nothing was listed anew."""
        now, stamp = self._clock(), _stamp_of(self._folder)
        if stamp != self._stamp:
            self._stamp, self._trusted_at = stamp, now + _GRAIN
        elif self._listed_at >= self._trusted_at and now < self._listed_at + _LIST_AGAIN:
            return self._names
        self._names = list_names(self._folder)
        self._listed_at = now
        return self._names

    def stamp(self) -> FolderStamp | None:
        """What the folder bears as long as nothing but the names given last lies in it; None while that is too new."""
        return self._stamp if self._listed_at >= self._trusted_at else None

    def has_stamp(self, stamp: FolderStamp) -> bool:
        """Whether the folder bears it now."""
        return _stamp_of(self._folder) == stamp


def list_names(folder: Path) -> frozenset[str]:
    """What lies in a folder, by name; nothing where that is not there."""
    try:
        # Names alone, and half as dear as a Path or an entry for each.
        return frozenset(os.listdir(folder))  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _stamp_of(folder: Path) -> FolderStamp | None:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return FolderStamp(f"{status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}")
