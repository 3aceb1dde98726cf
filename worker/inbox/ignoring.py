"""Names in the inbox that are nobody's document: unfinished files and what programs leave lying about."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

UNFINISHED = (
    "~$*",  # Office lock files
    "*.part",
    "*.partial",
    "*.filepart",
    "*.crdownload",
    "*.download",
    "*.tmp",
    "*.temp",
    "*.swp",
)
"""Shell patterns of files that somebody is still writing: a folder that is one document waits for them."""
CLUTTER = (
    ".*",  # hidden files, among them .stfolder, .stversions, .DS_Store and our own claims
    "*~",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "__macosx",
)
"""Shell patterns of what nobody meant to drop, files and folders."""


def is_ignored(name: str) -> bool:
    """Say whether a file or folder of this name (one part of a path, in any case) is left alone."""
    return _matches(name, UNFINISHED + CLUTTER)


def is_clutter(name: str) -> bool:
    """Say whether nobody meant to drop a file or folder of this name (one part of a path, in any case)."""
    return _matches(name, CLUTTER)


def is_unfinished(name: str) -> bool:
    """Say whether a file of this name (one part of a path, in any case) is still being written."""
    return _matches(name, UNFINISHED)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    lowered = name.lower()
    return any(fnmatchcase(lowered, pattern) for pattern in patterns)
