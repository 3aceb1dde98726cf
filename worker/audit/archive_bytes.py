"""The bytes of a ZIP archive: whether any mean one thing to one program and another, or nothing, to the next."""

import struct
import zlib
from collections.abc import Iterator
from os import SEEK_CUR
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

END = struct.Struct("<4s4H2LH")
"""The end of the central directory, without its comment (APPNOTE §4.3.16)."""
ZIP64 = "it is written as ZIP64, which is not validated here"
_LOCAL, _NUMBERS, _FIELD = struct.Struct("<4s5H3L2H"), struct.Struct("<3L"), struct.Struct("<2H")
_MARK, _ELSEWHERE = b"PK\7\x08", 0xFFFFFFFF
_DESCRIBED_LATER, _NAMED_AGAIN = 0x0008, 0x7075
_PIECE = 1 << 20


def find_hidden_bytes(archive: ZipFile, file: BinaryIO, size: int) -> Iterator[str]:
    """Say whether bytes lie before, between or behind the entries and their directory, or headers disagree.

    Raises ValueError for what is written as ZIP64.
    """
    position = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if entry.header_offset != position:
            yield f"bytes before {entry.filename} belong to no file of the container"
        file.seek(entry.header_offset)
        _, _, flags, method, _, _, *numbers, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        if _ELSEWHERE in numbers:
            raise ValueError(ZIP64)
        stated = [entry.CRC, entry.compress_size, entry.file_size]
        later = bool(flags & _DESCRIBED_LATER) and numbers == [0, 0, 0]
        if (flags, method) != (entry.flag_bits, entry.compress_type) or not (later or numbers == stated):
            yield f"{entry.filename} is described in two ways"
        fields = file.read(name + extra)[name:], entry.extra
        if any(_names_another(one, entry.filename) for one in fields):
            yield f"{entry.filename} is named in two ways"
        position = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
        if flags & _DESCRIBED_LATER:
            file.seek(position)
            descriptor = file.read(len(_MARK) + _NUMBERS.size)
            bare = descriptor.removeprefix(_MARK)[: _NUMBERS.size]
            position += _NUMBERS.size + len(_MARK) * descriptor.startswith(_MARK)
            if bare != _NUMBERS.pack(*stated):
                yield f"{entry.filename} is described in two ways"
    file.seek(size - END.size - len(archive.comment))
    yield from _find_misleading_end(archive, file.read(END.size), position)


def _find_misleading_end(archive: ZipFile, ending: bytes, position: int) -> Iterator[str]:
    """Say whether the end of the archive leads some programs to another directory than this one, behind all entries."""
    if archive.start_dir != position or not ending.startswith(b"PK\5\6"):
        yield "bytes at the end of the container belong to none of its files"
        return
    *_, here, total, _, begin, _ = END.unpack(ending)
    # Where the count is too small, those who go by it see fewer files than those who go by the directory's size.
    if {here, total} != {len(archive.infolist())}:
        yield "the container's directory lists another number of files than it says"
    # Python goes by where the directory ends; others go by the offset, and may find another directory there.
    if begin != archive.start_dir:
        yield "the container's directory is not where it says"


def _names_another(extra: bytes, name: str) -> bool:
    """Whether an extra field gives some programs another name for the entry (Info-ZIP Unicode Path, APPNOTE §4.6.9)."""
    return any(kind == _NAMED_AGAIN and value[5:] != name.encode() for kind, value in read_fields(extra))


def read_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield identifier and value of each extra field that is whole (APPNOTE §4.5.1)."""
    while len(extra) >= _FIELD.size:
        kind, length = _FIELD.unpack_from(extra)
        yield kind, extra[_FIELD.size : _FIELD.size + length]
        extra = extra[_FIELD.size + length :]


def find_hidden_content(archive: ZipFile, file: BinaryIO) -> Iterator[str]:
    """Say whether compressed content holds more than the entry's size, which some programs would show and some not."""
    for entry in archive.infolist():
        if entry.compress_type != ZIP_DEFLATED:
            continue
        file.seek(entry.header_offset)
        *_, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        file.seek(name + extra, SEEK_CUR)
        size, is_whole = _measure(file, entry)
        if size != entry.file_size or not is_whole:
            yield f"{entry.filename} holds more, or less, than it says"


def _measure(file: BinaryIO, entry: ZipInfo) -> tuple[int, bool]:
    """How much the content inflates to, counted a little beyond what it says, and whether it ends where it should."""
    inflater, size, left = zlib.decompressobj(-zlib.MAX_WBITS), 0, entry.compress_size
    while left and not inflater.eof and size <= entry.file_size:
        piece = file.read(min(left, _PIECE))
        left -= len(piece)
        if not piece:
            break
        while piece and size <= entry.file_size:
            size += len(inflater.decompress(piece, _PIECE))
            piece = inflater.unconsumed_tail
    if size <= entry.file_size:
        size += len(inflater.flush())
    return size, inflater.eof and not left and not inflater.unused_data
