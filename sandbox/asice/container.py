"""Reading an ASiC-E container: a ZIP of documents and, under META-INF, of signature files (ETSI EN 319 162-1 §4.4)."""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from sandbox.asice.documents import (
    META_INF,
    MIMETYPE_ENTRY,
    PIECE,
    Document,
    UnfitDocument,
    check_name,
    duplicates,
    hash_of,
    media_type_of,
)
from sandbox.asice.habits import HABITS
from sandbox.asice.manifest import MIMETYPE, read_media_types
from sandbox.asice.xml import Malformed

MANIFEST_ENTRY = "META-INF/manifest.xml"
SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)  # EN 319 162-1 §4.4.3.2 item 3
ENCRYPTED = 0x1
UTF_8 = 0x800
DAMAGED = (BadZipFile, EOFError, zlib.error)  # zipfile's words for content that is cut off, wrong, or no Deflate
SMALL_ENTRY = 4 * 1024 * 1024  # bytes that a manifest or a signature file may have


class NotAContainer(ValueError):
    """These bytes are no ASiC-E container, or one that is not sound."""


@dataclass(frozen=True, slots=True)
class Container:
    """A sound container on disk and what it holds; its bytes are read only when asked for."""

    path: Path
    documents: Mapping[str, int]  # sizes in bytes by name, in the order they are stored
    signatures: tuple[str, ...]  # entry names
    strangers: tuple[str, ...]  # entries under META-INF that are neither signature files nor the manifest
    media_types: Mapping[str, str]  # by document name

    @property
    def next_number(self) -> int:
        """Return the number of the next signature: the lowest that no signature file has, whoever wrote it."""
        taken = {name.lower() for name in self.signatures}
        names = ({one.signature_entry(number).lower() for one in HABITS.values()} for number in range(len(taken) + 1))
        return next(number for number, possible in enumerate(names) if not possible & taken)

    def hash_documents(self) -> tuple[Document, ...]:
        """Return the documents with their digests, read in pieces; raises `NotAContainer` for a damaged one."""
        try:
            with ZipFile(self.path) as archive:
                return tuple(
                    Document(name, hash_of(pieces(archive, name)), self.media_types.get(name) or media_type_of(name))
                    for name in self.documents
                )
        except DAMAGED as cause:
            raise NotAContainer(f"a document in it is damaged: {cause}") from cause

    @property
    def absent(self) -> tuple[str, ...]:
        """Return the names that the manifest lists and the container does not hold, as before a client adds them."""
        return tuple(name for name in self.media_types if not name.endswith("/") and name not in self.documents)

    def signature_files(self) -> dict[str, bytes]:
        """Return the content of each signature file by its entry name; raises `NotAContainer` for a huge one."""
        with ZipFile(self.path) as archive:
            return {name: _read_small(archive, archive.getinfo(name)) for name in self.signatures}

    @contextmanager
    def opened(self) -> Iterator[ZipFile]:
        """Yield the archive, open for reading."""
        with ZipFile(self.path) as archive:
            yield archive


def pieces(archive: ZipFile, name: str) -> Iterator[bytes]:
    """Yield the content of one entry piece by piece."""
    with archive.open(name) as entry:
        while piece := entry.read(PIECE):
            yield piece


def read_container(path: Path) -> Container:
    """Return the container at this path; raises `NotAContainer` unless it is sound."""
    try:
        with ZipFile(path) as archive:
            return _read(path, archive)
    # NotImplementedError is zipfile's word for an archive that wants a later version of ZIP than it knows.
    except (*DAMAGED, NotImplementedError, OSError) as cause:
        raise NotAContainer(f"this is not a ZIP archive, or a damaged one: {cause}") from cause
    except (Malformed, UnfitDocument) as cause:
        raise NotAContainer(str(cause)) from cause


def _read(path: Path, archive: ZipFile) -> Container:
    entries = archive.infolist()
    check_entries(entries)
    # EN 319 162-1 §A.1: the media type stands at a fixed place in the file, where programs that know no ZIP find it.
    first = entries[0] if entries else None
    if first is None or first.filename != MIMETYPE_ENTRY or first.header_offset or first.compress_type != ZIP_STORED:
        raise NotAContainer("its first entry is not an uncompressed mimetype")
    if _read_small(archive, first) != MIMETYPE.encode("ascii"):
        raise NotAContainer("its mimetype is not that of ASiC-E")
    sizes = {entry.filename: entry.file_size for entry in entries if not entry.is_dir()}
    documents = {name: size for name, size in sizes.items() if name != MIMETYPE_ENTRY and not name.startswith(META_INF)}
    for name in documents:
        check_name(name)
    listed = read_media_types(_read_small(archive, archive.getinfo(MANIFEST_ENTRY))) if MANIFEST_ENTRY in sizes else {}
    own = [name for name in sizes if name.startswith(META_INF) and name != MANIFEST_ENTRY]
    signatures = tuple(name for name in own if SIGNATURES.fullmatch(name))
    strangers = tuple(name for name in own if name not in signatures)
    return Container(path, documents, signatures, strangers, listed)


def check_entries(entries: list[ZipInfo]) -> None:
    """Raise `NotAContainer` for what two readers could read in two ways (EN 319 162-1 §A.1, ISO/IEC 21320-1)."""
    if twice := sorted(duplicates(entry.filename for entry in entries)):
        raise NotAContainer(f"{twice[0]} stands in it twice")
    for entry in entries:
        # ISO/IEC 21320-1: nothing encrypted, and nothing compressed but by Deflate.
        if entry.flag_bits & ENCRYPTED or entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise NotAContainer(f"{entry.filename} is encrypted or compressed in an unusual way")
        # Without the mark a name is in code page 437 or whatever its writer thought of.
        if not (entry.filename.isascii() or entry.flag_bits & UTF_8):
            raise NotAContainer("a name in it is not marked as UTF-8")


def _read_small(archive: ZipFile, entry: ZipInfo) -> bytes:
    if entry.file_size > SMALL_ENTRY:
        raise NotAContainer(f"{entry.filename} is too large")
    return archive.read(entry)
