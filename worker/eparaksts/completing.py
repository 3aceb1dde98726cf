"""A container sealed by hashes alone comes without its files; they are added here, where they stayed (§4.6)."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from jobs.errors import Rejected
from jobs.model import DataFile
from jobs.reasons import Reason

PIECE = 512 * 1024
"""Bytes of a file in memory at a time."""


def complete(container: Path, files: Iterable[tuple[DataFile, Path]]) -> None:
    """Add the files to the container, behind the entries that are there; verification judges the whole.

    Raises Rejected when it is no container, or already holds something under a name of ours.
    """
    taken = _names(container)
    with ZipFile(container, "a") as archive:
        for file, path in files:
            if file.name in taken:
                raise Rejected(Reason.NOT_VERIFIED, f"the vendor's container already holds something named {file.name}")
            _add(archive, file, path)


def _names(container: Path) -> frozenset[str]:
    # Opened for adding, zipfile would take anything for the beginning of a new archive.
    try:
        with ZipFile(container) as archive:
            return frozenset(archive.namelist())
    except BadZipFile as cause:
        raise Rejected(Reason.NOT_VERIFIED, f"what the vendor sent is no container: {cause}") from cause


def _add(archive: ZipFile, file: DataFile, path: Path) -> None:
    entry = ZipInfo.from_file(path, file.name, strict_timestamps=False)
    entry.compress_type = ZIP_DEFLATED
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
