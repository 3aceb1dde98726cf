"""ASiC-E containers: what lies in them, and every XAdES signature over it, whoever made them."""

import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from cryptography import x509
from lxml import etree

from jobs.model.documents import SealFormat
from worker.audit.report import FileReport
from worker.audit.xades import XadesAuditor

_TYPE, _MEDIA_TYPE = "mimetype", b"application/vnd.etsi.asic-e+zip"
_MANIFEST = "META-INF/manifest.xml"
_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_DESCRIPTORS = (0, 12, 16)
"""Lengths of what may follow an entry (APPNOTE §4.3.9)."""
_MAX_SIZE = 2_000_000_000
_UNREADABLE = (BadZipFile, EOFError, LookupError, RuntimeError, SyntaxError, ValueError, struct.error, zlib.error)
_PATH = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}full-path"


async def audit_container(path: Path, anchors: Sequence[x509.Certificate], now: datetime) -> FileReport:
    """Validate every signature of a container. Raises OSError when it cannot be read."""
    try:
        entries, problems = _opened(path)
        files = {name: held for name, held in entries.items() if _is_data(name)}
        auditors = [XadesAuditor(element, files, anchors, now) for element in _signatures(entries)]
    except _UNREADABLE as error:
        return FileReport(path, SealFormat.EDOC, problems=(f"the file cannot be read as a container: {error}",))
    reports = [await auditor.report() for auditor in auditors]
    unsealed = () if reports else ("the file is not sealed",)
    return FileReport(path, SealFormat.EDOC, tuple(reports), tuple(files), (*problems, *unsealed))


def _opened(path: Path) -> tuple[Mapping[str, bytes], Sequence[str]]:
    """What the container holds, and what is wrong with it."""
    with path.open("rb") as file, ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MAX_SIZE:
            raise ValueError("its files are larger than can be validated here")
        entries = {name: archive.read(name) for name in archive.namelist()}
        faults = [*_faults(archive), *_hidden(archive, path.read_bytes()), *_strangers(entries)]
    return entries, faults


def _is_data(name: str) -> bool:
    return name != _TYPE and not name.startswith("META-INF/")


def _signatures(entries: Mapping[str, bytes]) -> list[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    trees = [etree.fromstring(held, parser) for name, held in entries.items() if _SIGNATURES.fullmatch(name)]
    return [element for tree in trees for element in tree.iterchildren(_SIGNATURE)]


def _faults(archive: ZipFile) -> Iterator[str]:
    """Say what is wrong with the entries."""
    listed = archive.infolist()
    first = listed[0]
    if (first.filename, first.compress_type, archive.read(first)) != (_TYPE, ZIP_STORED, _MEDIA_TYPE):
        yield "the container does not begin with its media type"
    for name, count in Counter(entry.filename for entry in listed).items():
        if count > 1:
            yield f"the container holds {name} {count} times"


def _hidden(archive: ZipFile, content: bytes) -> Iterator[str]:
    """Say whether bytes lie before, between or behind the entries and their directory."""
    position = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        lengths = struct.unpack_from("<2H", content, entry.header_offset + 26)
        gap, position = entry.header_offset - position, entry.header_offset + 30 + sum(lengths) + entry.compress_size
        if gap not in _DESCRIPTORS:
            yield f"bytes before {entry.filename} belong to no file of the container"
    ending = len(content) - 22 - len(archive.comment)
    if archive.start_dir - position not in _DESCRIPTORS or not content.startswith(b"PK\5\6", ending):
        yield "bytes at the end of the container belong to none of its files"


def _strangers(entries: Mapping[str, bytes]) -> Iterator[str]:
    """Say what the container holds, or lists, that has no business there."""
    for name in entries:
        if name.startswith("META-INF/") and name != _MANIFEST and not _SIGNATURES.fullmatch(name):
            yield f"the container holds {name}, which is not validated here"
    if _MANIFEST not in entries:
        yield "the container has no manifest"
        return
    root = etree.fromstring(entries[_MANIFEST], etree.XMLParser(resolve_entities=False, no_network=True))
    listed = {str(entry.get(_PATH)) for entry in root} - {"/"}
    if listed != {name for name in entries if _is_data(name)}:
        yield "the container's manifest lists other files than it holds"
