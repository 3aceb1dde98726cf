"""Whether a file, or a folder with its files, can go into a container. Checked before anyone is asked to approve it.

ASiC-E (ETSI EN 319 162-1 §4.4) takes files of any kind; only the container's own parts must not be hidden by them.
"""

import unicodedata
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.inbox.ignoring import is_ignored
from worker.inbox.weighing import data_files_in

RESERVED = frozenset({"mimetype", "meta-inf"})
"""Names of the container's own parts, in lower case."""


def inspect_containable(original: Path, name: str, limit: int | None) -> None:
    """Check what was dropped as `name`; `limit` is the largest file in bytes, where known. Raises Rejected."""
    if not original.is_dir():
        _check(name, original.stat().st_size, limit)
        return
    _require_flat(original)
    files = data_files_in(original)
    if not files:
        raise Rejected(Reason.EMPTY, "the folder holds no file")
    for path in files:
        _check(path.name, path.stat().st_size, limit)


def _require_flat(folder: Path) -> None:
    for path in folder.iterdir():
        is_plain = path.is_file() and not path.is_symlink()
        if not is_plain and not is_ignored(path.name):
            raise Rejected(Reason.NOT_CONTAINABLE, f"the folder holds {path.name!r}, which is no plain file")


def _check(name: str, size: int, limit: int | None) -> None:
    if not size:
        raise Rejected(Reason.EMPTY, f"{name} has 0 bytes")
    if limit is not None and size > limit:
        raise Rejected(Reason.TOO_LARGE, f"{name} has {size} bytes; the sealing service takes {limit}")
    if name.lower() in RESERVED:
        raise Rejected(Reason.NOT_CONTAINABLE, f"{name!r} is the name of a part of every container")
    # A name is written into signed XML and into an archive, where these have a meaning of their own or none.
    if "\\" in name or any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name):
        raise Rejected(Reason.NOT_CONTAINABLE, f"the name {name!r} holds characters that no container can")
