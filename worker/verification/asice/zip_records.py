"""The records that a ZIP archive is made of (PKWARE APPNOTE §4.3), read one at a time where they must stand."""

from mmap import mmap
from struct import Struct
from typing import NamedTuple

from worker.verification.refusal import require

_LOCAL, _CENTRAL, _END = Struct("<4s5H3L2H"), Struct("<4s6H3L5H2L"), Struct("<4s4H2LH")
_CRC_AND_SIZES = Struct("<3L")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK, _DESCRIPTOR_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
_MAX_COMMENT = 0xFFFF


class EndOfDirectory(NamedTuple):
    """The end of central directory record: how many entries, and where their directory stands."""

    begin: int
    disks: tuple[int, int]
    counts: tuple[int, int]
    directory_size: int
    directory_begin: int
    comment: bytes


class LocalHeader(NamedTuple):
    """What stands before an entry's content, and the offset of that content."""

    needed: int
    flags: int
    method: int
    modified: tuple[int, int]
    crc_and_sizes: tuple[int, int, int]
    """CRC-32, compressed size and size."""
    name: bytes
    extra: bytes
    begin: int


class CentralHeader(NamedTuple):
    """What the directory says of an entry, and the offset behind it."""

    made_by: int
    needed: int
    flags: int
    method: int
    modified: tuple[int, int]
    crc_and_sizes: tuple[int, int, int]
    name: bytes
    extra: bytes
    comment: bytes
    disk: int
    attributes: tuple[int, int]
    """Internal and external ones."""
    local: int
    """Offset of the local header."""
    end: int


def read_end_of_directory(content: mmap) -> EndOfDirectory:
    """Read the record that ends the archive. Raises Rejected when the archive does not end with one."""
    begin = content.rfind(_END_MARK, max(0, len(content) - _END.size - _MAX_COMMENT))
    found = begin >= 0 and begin + _END.size <= len(content)
    require(found, "the container is no ZIP archive")
    _, disk, directory_disk, here, total, size, offset, length = _END.unpack_from(content, begin)
    comment = begin + _END.size
    require(comment + length == len(content), "something follows the end of the container")
    return EndOfDirectory(begin, (disk, directory_disk), (here, total), size, offset, content[comment:])


def read_local(content: mmap, begin: int) -> LocalHeader:
    """Read the local header that begins exactly here. Raises Rejected and struct.error."""
    mark, needed, flags, method, time, date, crc, packed, size, name, extra = _LOCAL.unpack_from(content, begin)
    require(mark == _LOCAL_MARK, f"no entry of the container begins at byte {begin}")
    at = begin + _LOCAL.size
    texts = content[at : at + name], content[at + name : at + name + extra]
    return LocalHeader(needed, flags, method, (time, date), (crc, packed, size), *texts, at + name + extra)


def read_central(content: mmap, begin: int) -> CentralHeader:
    """Read the header in the directory that begins exactly here. Raises Rejected and struct.error."""
    mark, made_by, *common, crc, packed, size, name, extra, comment, disk, inner, outer, local = _CENTRAL.unpack_from(
        content, begin
    )
    require(mark == _CENTRAL_MARK, f"no entry of the container's directory begins at byte {begin}")
    needed, flags, method, time, date = common
    at = begin + _CENTRAL.size
    ends = at + name, at + name + extra, at + name + extra + comment
    texts = content[at : ends[0]], content[ends[0] : ends[1]], content[ends[1] : ends[2]]
    numbers = (crc, packed, size)
    return CentralHeader(
        made_by, needed, flags, method, (time, date), numbers, *texts, disk, (inner, outer), local, ends[2]
    )


def read_descriptor(content: mmap, begin: int) -> tuple[tuple[int, int, int], int]:
    """Read the data descriptor (§4.3.9) that begins here, with or without its mark; gives the offset behind it."""
    begin += len(_DESCRIPTOR_MARK) * (content[begin : begin + len(_DESCRIPTOR_MARK)] == _DESCRIPTOR_MARK)
    crc, packed, size = _CRC_AND_SIZES.unpack_from(content, begin)
    return (crc, packed, size), begin + _CRC_AND_SIZES.size
