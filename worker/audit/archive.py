"""ZIP archives that can be read in one way only: no hidden bytes, no second entry, no link, no other header."""

import stat
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from worker.audit.report import AuditOutcome, Problem

_TYPE, _MEDIA_TYPE = "mimetype", b"application/vnd.etsi.asic-e+zip"
_LOCAL, _END, _NUMBERS = struct.Struct("<4s5H3L2H"), struct.Struct("<4s4H2LH"), struct.Struct("<3L")
_MARK = b"PK\7\x08"
_DESCRIBED_LATER, _ENCRYPTED = 0x0008, 0x0041
_MAX_COMMENT, _MAX_DIRECTORY, _MAX_SIZE = 0xFFFF, 4_000_000, 4_000_000_000


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """Open an archive whose directory is small enough to be read. Raises ValueError and zipfile.BadZipFile."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END.size - _MAX_COMMENT))
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at >= 0 and len(tail) - at >= _END.size and _END.unpack_from(tail, at)[5] > _MAX_DIRECTORY:
            raise ValueError("it has too many files")
        with ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_SIZE:
                raise ValueError("its files are larger than can be validated here")
            yield archive


def find_archive_faults(archive: ZipFile, path: Path) -> Iterator[Problem]:
    """Say what is wrong with the entries and with the bytes between them."""
    with path.open("rb") as file:
        for sentence in (*_find_entry_faults(archive), *_find_hidden_bytes(archive, file, path.stat().st_size)):
            yield Problem(AuditOutcome.ALTERED, sentence)


def find_archive_remarks(archive: ZipFile) -> Iterator[str]:
    """Say what is odd about the entries and leaves them as they were sealed.

    A media type that is compressed breaks ETSI EN 319 162-1 §A.1, and says the same to whoever unpacks it, as
    libdigidocpp does. The worker delivers none: whoever looks for it at its place, as file(1) does, sees no container.
    """
    if any(entry.filename == _TYPE and entry.compress_type != ZIP_STORED for entry in archive.infolist()):
        yield "the container's media type is compressed, so that some programs do not know it for a container"


def _find_entry_faults(archive: ZipFile) -> Iterator[str]:
    listed = archive.infolist()
    first = listed[0] if listed else ZipInfo()
    small = first.filename == _TYPE and first.file_size == len(_MEDIA_TYPE)
    if not small or archive.read(first) != _MEDIA_TYPE:
        yield "the container does not begin with its media type"
    for name, count in Counter(entry.filename for entry in listed).items():
        if count > 1:
            yield f"the container holds {name} {count} times"
    for entry in listed:
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or entry.is_dir():
            yield f"{entry.filename} is no plain file but a link, folder or device"
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            yield f"{entry.filename} is encrypted, or compressed in an unusual way"
        if entry.filename.startswith("/") or "\\" in entry.filename or ".." in entry.filename.split("/"):
            yield f"{entry.filename} leads out of the container"


def _find_hidden_bytes(archive: ZipFile, file: BinaryIO, size: int) -> Iterator[str]:
    """Say whether bytes lie before, between or behind the entries and their directory, or headers disagree."""
    position = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if entry.header_offset != position:
            yield f"bytes before {entry.filename} belong to no file of the container"
        file.seek(entry.header_offset)
        _, _, flags, method, _, _, *numbers, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        stated = [entry.CRC, entry.compress_size, entry.file_size]
        later = bool(flags & _DESCRIBED_LATER) and numbers == [0, 0, 0]
        if (flags, method) != (entry.flag_bits, entry.compress_type) or not (later or numbers == stated):
            yield f"{entry.filename} is described in two ways"
        position = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
        if flags & _DESCRIBED_LATER:
            file.seek(position)
            descriptor = file.read(len(_MARK) + _NUMBERS.size)
            bare = descriptor.removeprefix(_MARK)[: _NUMBERS.size]
            position += _NUMBERS.size + len(_MARK) * descriptor.startswith(_MARK)
            if bare != _NUMBERS.pack(*stated):
                yield f"{entry.filename} is described in two ways"
    ending = size - _END.size - len(archive.comment)
    file.seek(ending)
    if archive.start_dir != position or not file.read(_END.size).startswith(b"PK\5\6"):
        yield "bytes at the end of the container belong to none of its files"
