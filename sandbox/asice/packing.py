"""Writing ASiC-E containers (ETSI EN 319 162-1 §4.4 and §A.1); documents are copied in pieces."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sandbox.asice.container import MANIFEST_ENTRY, Container
from sandbox.asice.documents import MIMETYPE_ENTRY, PIECE, Document
from sandbox.asice.habits import HABITS
from sandbox.asice.manifest import MIMETYPE, write_manifest
from sandbox.variants.signapi import ContainerWriter

FASTEST = 1  # compressing better is paid with time, and documents are mostly compressed already


def write_container(
    target: Path,
    documents: Sequence[Document],
    sources: Mapping[str, Path],
    now: datetime,
    *,
    writer: ContainerWriter = ContainerWriter.BASELINE,
) -> None:
    """Write a new container that lacks nothing but its signatures.

    `sources` says by name where the documents' bytes are; a document without a source is left to be added later, as
    hash-only clients do, but stands in the manifest already.
    """
    habits = HABITS[writer]
    with ZipFile(target, "w", compresslevel=FASTEST) as archive:
        # EN 319 162-1 §A.1: first, and stored as it is, so that the type stands at a fixed place.
        archive.writestr(_entry(MIMETYPE_ENTRY, now, habits.attributes, ZIP_STORED), MIMETYPE)
        for document in documents:
            if source := sources.get(document.name):
                entry = _entry(document.name, now, habits.attributes)
                entry.file_size = source.stat().st_size  # so that ZIP64 is used where it must be
                with source.open("rb") as file, archive.open(entry, "w") as place:
                    shutil.copyfileobj(file, place, PIECE)
        listed = _entry(MANIFEST_ENTRY, now, habits.attributes)
        listed.comment = habits.remark
        archive.writestr(listed, write_manifest(documents))


def append_signature(
    container: Path,
    number: int,
    xml: bytes,
    now: datetime,
    *,
    writer: ContainerWriter = ContainerWriter.BASELINE,
) -> None:
    """Put a signature file of this number behind the container's entries, which stay as they are, byte for byte."""
    with ZipFile(container, "a", compresslevel=FASTEST) as archive:
        archive.writestr(_entry(HABITS[writer].signature_entry(number), now, HABITS[writer].attributes), xml)


def replace_signatures(container: Container, target: Path, signatures: Mapping[str, bytes]) -> None:
    """Write the container with other contents in these signature files; everything else is copied."""
    with container.opened() as original, ZipFile(target, "w", compresslevel=FASTEST) as archive:
        for entry in original.infolist():
            if entry.filename in signatures:
                archive.writestr(_like(entry), signatures[entry.filename])
            else:
                with original.open(entry) as source, archive.open(_like(entry), "w") as place:
                    shutil.copyfileobj(source, place, PIECE)


def _entry(name: str, now: datetime, attributes: int, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = attributes
    return entry


def _like(entry: ZipInfo) -> ZipInfo:
    """Return a new entry of the same name, time and compression."""
    again = ZipInfo(entry.filename, entry.date_time)
    again.compress_type = entry.compress_type
    again.external_attr = entry.external_attr
    again.comment = entry.comment
    again.file_size = entry.file_size
    return again
