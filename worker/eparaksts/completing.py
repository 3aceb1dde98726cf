"""A container sealed by hashes alone comes without its files; they are added here, where they stayed (§4.6)."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason

PIECE = 512 * 1024
"""Bytes of a file in memory at a time."""


def complete(container: Path, files: Iterable[tuple[DataFile, Path]]) -> None:
    """Add the files to the container, behind the entries that are there; verification judges the whole.

    Raises Rejected when it is no container, or already holds something under a name of ours.
    """
    present = _entries(container)
    with ZipFile(container, "a") as archive:
        for file, path in files:
            if file.name in present:
                raise Rejected(Reason.NOT_VERIFIED, f"the vendor's container already holds something named {file.name}")
            _add(archive, file, path, like=[*present.values()][-1])


def _entries(container: Path) -> dict[str, ZipInfo]:
    # Opened for adding, zipfile would take anything for the beginning of a new archive.
    try:
        with ZipFile(container) as archive:
            present = dict(archive.NameToInfo)
    except BadZipFile as cause:
        raise Rejected(Reason.NOT_VERIFIED, f"what the vendor sent is no container: {cause}") from cause
    if not present:
        raise Rejected(Reason.NOT_VERIFIED, "the vendor's container is empty")
    return present


def _add(archive: ZipFile, file: DataFile, path: Path, *, like: ZipInfo) -> None:
    """Add an entry that looks as if the vendor's own program had written it, as verification wants of all entries."""
    entry = ZipInfo.from_file(path, file.name, strict_timestamps=False)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system, entry.create_version = like.create_system, like.create_version
    entry.extract_version = like.extract_version
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
    # Set last: opening an entry gives it permissions where it has none.
    entry.external_attr = like.external_attr
