"""Names in the inbox that are nobody's document: half-written files and what programs leave lying about."""

from fnmatch import fnmatchcase

IGNORED = (
    ".*",  # hidden files, among them .stfolder, .stversions, .DS_Store and our own claims
    "~$*",  # Office lock files
    "*~",
    "*.part",
    "*.partial",
    "*.filepart",
    "*.crdownload",
    "*.download",
    "*.tmp",
    "*.temp",
    "*.swp",
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
"""Shell patterns, compared without regard to case, for files and for folders."""


def is_ignored(name: str) -> bool:
    """Say whether a file or folder of this name (one part of a path) is left alone."""
    lowered = name.lower()
    return any(fnmatchcase(lowered, pattern) for pattern in IGNORED)
