"""The entries of a ZIP archive, read so that no byte of the file is left unexplained.

Readers of ZIP archives disagree over duplicates, gaps, and headers that contradict each other; two of them could see
two documents in one file. Here all of that is refused: entries follow each other from the first byte, then comes
their directory in the same order, and both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from mmap import mmap
from struct import Struct

from worker.verification.asice.zip_records import (
    CentralHeader,
    EndOfDirectory,
    read_central,
    read_descriptor,
    read_end_of_directory,
    read_local,
)
from worker.verification.refusal import require, require_understood

_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SPEED, _DESCRIBED_LATER, _UTF8 = 0x2041, 0x0006, 0x0008, 0x0800
_MAX_NEEDED = 20
_MAX_COMMENT = 512
_HEADER = Struct("<2H")
_TIMES = 0x5455
_TIMES_LENGTH = {flags: 1 + 4 * flags.bit_count() for flags in range(8)}
_MODIFIED = 5
_KIND, _REGULAR, _SPECIAL, _DOS_DIRECTORY = 0xF000, (0, 0x8000), 0x0E00, 0x10


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry: where its content stands, compressed or not, and what it must turn out to be."""

    name: str
    deflated: bool
    begin: int
    end: int
    size: int
    crc: int


def read_entries(content: mmap) -> tuple[ZipEntry, ...]:
    """Read all entries in their order. Raises Rejected, ValueError and struct.error."""
    ending = read_end_of_directory(content)
    require(_is_remark(ending.comment), "the container has a comment that may hide something")
    require(ending.disks == (0, 0), "the container has several parts")
    entries, position = [], 0
    for central in _directory(content, ending):
        require(central.local == position, f"bytes at {position} of the container belong to no entry")
        entry, position = _entry(content, central)
        entries.append(entry)
    require(position == ending.directory_begin, f"bytes at {position} of the container belong to no entry")
    require(len({one.name for one in entries}) == len(entries), "the container has two entries of one name")
    return tuple(entries)


def _directory(content: mmap, ending: EndOfDirectory) -> list[CentralHeader]:
    """What the directory lists; no entry looks as if another program had put it there."""
    here, total = ending.counts
    position = ending.directory_begin
    require(position + ending.directory_size == ending.begin, "the container's directory is not where it should be")
    listed = []
    for _ in range(total):
        central = read_central(content, position)
        position = central.end
        listed.append(central)
    require(here == total and position == ending.begin, "the container's directory holds something else than entries")
    # What the directory alone says is the same for all.
    require(len({one.attributes for one in listed}) <= 1, "the container's entries have different attributes")
    versions = {one.made_by for one in listed}
    sound = len(versions) <= 1 or all(one.made_by == one.needed for one in listed)
    require(sound, "the container's entries were made by different programs")
    return listed


def _entry(content: mmap, central: CentralHeader) -> tuple[ZipEntry, int]:
    """The entry and the offset behind it."""
    local = read_local(content, central.local)
    # Names are UTF-8 where they say so, and else ASCII: who reads another encoding would see another name.
    name = central.name.decode("utf-8" if central.flags & _UTF8 else "ascii")
    _require_plain(central, name)
    # A description that only follows the content is left at zero before it (§4.4.4).
    is_later = bool(central.flags & _DESCRIBED_LATER) and local.crc_and_sizes == (0, 0, 0)
    is_same = local[:4] == central[1:5] and local.name == central.name
    is_agreed = is_same and (is_later or local.crc_and_sizes == central.crc_and_sizes)
    require(is_agreed, f"{name} is described in two ways")
    require_harmless(local.extra, central.extra, name)
    crc, packed, size = central.crc_and_sizes
    end = local.begin + packed
    entry = ZipEntry(name, central.method == _DEFLATED, local.begin, end, size, crc)
    if not central.flags & _DESCRIBED_LATER:
        return entry, end
    described, end = read_descriptor(content, end)
    require(described == central.crc_and_sizes, f"{name} is described in two ways")
    return entry, end


def _require_plain(central: CentralHeader, name: str) -> None:
    inner, outer = central.attributes
    require(not central.flags & _ENCRYPTED, f"{name} is encrypted")
    require_understood(not central.flags & ~(_SPEED | _DESCRIBED_LATER | _UTF8), f"{name} has flags that nobody needs")
    require_understood(central.method in (_STORED, _DEFLATED), f"{name} is neither stored nor deflated")
    require_understood(central.needed <= _MAX_NEEDED, f"{name} needs a newer kind of archive")
    require_understood(not name.endswith("/") or any(central.crc_and_sizes), f"{name} is a folder, which holds nothing")
    mode = outer >> 16
    regular = mode & _KIND in _REGULAR and not mode & _SPECIAL and not outer & _DOS_DIRECTORY
    require(regular and not name.endswith("/"), f"{name} is no plain file")
    require(inner <= 1 and central.disk == 0, f"{name} has an unusual header")
    require(_is_remark(central.comment), f"{name} has a comment that may hide something")


def _is_remark(comment: bytes) -> bool:
    # DSS writes the media type there, libdigidocpp and digidoc4j their own name; nobody shows it as content.
    return len(comment) <= _MAX_COMMENT and comment.decode().isprintable()


def require_harmless(local: bytes, central: bytes, name: str) -> None:
    """Both headers have no extra field, or times that agree. Raises Rejected and ValueError.

    The local one may add when the file was read and created; nothing depends on these, and nothing vouches for them.
    """
    here, there = _fields(local), _fields(central)
    require_understood(here.keys() | there.keys() <= {_TIMES}, f"{name} has an extra field that may hide something")
    require(here.keys() == there.keys(), f"{name} is described in two ways")
    if _TIMES in here:
        sound = _TIMES_LENGTH.get(here[_TIMES][0]) == len(here[_TIMES]) and len(there[_TIMES]) <= _MODIFIED
        require(
            sound and here[_TIMES][:_MODIFIED] == there[_TIMES], f"{name} has an extra field that may hide something"
        )


def _fields(extra: bytes) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    while extra:
        if len(extra) < _HEADER.size:
            raise ValueError("an extra field of the container is cut off")
        kind, length = _HEADER.unpack_from(extra)
        if kind in found or not 0 < length <= len(extra) - _HEADER.size:
            raise ValueError("an extra field of the container is malformed")
        found[kind] = extra[_HEADER.size : _HEADER.size + length]
        extra = extra[_HEADER.size + length :]
    return found
