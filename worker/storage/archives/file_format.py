"""An archive's file: a ZIP (APPNOTE.TXT 6.3.10) with a member for each batch, and its summary as the comment."""

import json
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from jobs.model.ledger_archive import ArchiveSummary
from jobs.model.names import BatchId, is_batch_id

MANIFEST, README = "manifest.json", "README.txt"
MOST_OF_DIRECTORY = 1 << 24
"""Bytes of a directory, or of a stone: a hundred times what the largest has."""
UNREADABLE = (BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""What is raised where an archive, or what is read of it, is damaged."""
MOST_OF_BATCH = 1 << 28
"""Bytes of one batch's records: far more than the largest has, and no more is ever read of one."""
_FIRST_TIME, _LAST_TIME = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
_ENDING = ".jsonl"
_END = struct.Struct("<4s4H2LH")
"""The end of the central directory (APPNOTE.TXT §4.3.16); the length of the comment is its last field."""
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_USUAL_COMMENT = 4096
"""Bytes of a summary, its end before it: more is only read where this does not do."""
_ENTRY = struct.Struct("<4s6H3L5H2L")
"""What the central directory says of each member, before its name (APPNOTE.TXT §4.3.12)."""
_ENTRY_MARK = b"PK\x01\x02"
_LOCAL = struct.Struct("<4s5H3L2H")
"""What stands before each member (APPNOTE.TXT §4.3.7)."""
_LOCAL_MARK = b"PK\x03\x04"
_TEXT = """\
This is an archive of the ledger of zimogs, which seals documents. Archive {number}, month {month}.

Each file BATCH.jsonl is a batch that was over in that month: line 1 is its first record, line 2 the next. The record
field of a line says what was done; previous is the SHA-256 of the line before it, without its line feed:

    unzip -p ARCHIVE BATCH.jsonl | sed -n 1p | tr -d '\\n' | sha256sum

manifest.json lists each batch with its number of records and the SHA-256 of the last of them, and in previous the
SHA-256 of the file of the archive before this one. The mac fields are HMAC-SHA256 by the ledger's key over the line
without them. `zimogs audit verify` checks all of it.
"""


def write_batch(archive: ZipFile, batch: BatchId, entries: Sequence[bytes], at: datetime) -> None:
    """Write a batch's entries as a member; `at` is when it was over."""
    _write(archive, f"{batch}{_ENDING}", b"".join(entry + b"\n" for entry in entries), at)


def write_end(archive: ZipFile, summary: ArchiveSummary, manifest: bytes, at: datetime) -> None:
    """Write what the archive says of itself, behind all batches."""
    _write(archive, MANIFEST, manifest, at)
    _write(archive, README, _TEXT.format(number=summary.number, month=summary.month).encode(), at)
    archive.comment = json.dumps(summary.model_dump(mode="json"), separators=(",", ":")).encode()


class _Member(NamedTuple):
    name: str
    method: int
    checksum: int
    packed: int
    size: int
    offset: int


class Directory:
    """Where each member of an archive stands in its file, as its central directory says; searched, and not taken apart.

    Raises one of UNREADABLE, and OSError.
    """

    def __init__(self, file: BinaryIO) -> None:
        *_, self._count, size, offset, _ = _END.unpack(_read_end(file)[: _END.size])
        if size > MOST_OF_DIRECTORY:
            raise BadZipFile("its directory is larger than any of ours")
        file.seek(offset)
        self._content = file.read(size)
        if len(self._content) < size:
            raise BadZipFile("its directory is not whole")

    @property
    def batches(self) -> tuple[BatchId, ...]:
        """Every batch in it, in the order in which they were written."""
        names = (one.name.removesuffix(_ENDING) for one in self._list() if one.name.endswith(_ENDING))
        return tuple(BatchId(name) for name in names if is_batch_id(name))

    @property
    def strangers(self) -> tuple[str, ...]:
        """Names of what does not belong into an archive, or stands in it more than once."""
        names = [one.name for one in self._list()]
        ours = {MANIFEST, README, *(f"{batch}{_ENDING}" for batch in self.batches)}
        return tuple(sorted({name for name, times in Counter(names).items() if name not in ours or times > 1}))

    def has_batch(self, batch: BatchId) -> bool:
        """Whether the archive holds the batch."""
        return self._find(f"{batch}{_ENDING}") is not None

    def read_batch(self, file: BinaryIO, batch: BatchId) -> tuple[bytes, ...]:
        """A batch's entries, byte for byte. Raises as `read`."""
        return tuple(self.read(file, f"{batch}{_ENDING}").split(b"\n")[:-1])

    def read(self, file: BinaryIO, name: str) -> bytes:
        """A member, and nothing else of the file. Raises one of UNREADABLE, and OSError."""
        member = self._find(name)
        if member is None:
            raise KeyError(name)
        if member.method != ZIP_DEFLATED or member.size > MOST_OF_BATCH:
            raise BadZipFile(f"{name} is not packed as it is here, or too large")
        file.seek(member.offset)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
            raise BadZipFile(f"{name} does not stand where the directory says")
        *_, name_length, extra_length = _LOCAL.unpack(header)
        file.seek(name_length + extra_length, 1)
        # One byte more than it says: what goes on behind that is a bomb, and not unpacked.
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(file.read(member.packed), member.size + 1)
        if len(content) != member.size or zlib.crc32(content) != member.checksum:
            raise BadZipFile(f"{name} has another length or checksum")
        return content

    def _list(self) -> Iterator[_Member]:
        place = 0
        for _ in range(self._count):
            if not self._is_entry(place):
                raise BadZipFile("its directory cannot be read")
            member, place = self._read_entry(place)
            yield member

    def _find(self, name: str) -> _Member | None:
        """The one member of that name. Raises BadZipFile where there are two."""
        sought, found, place = name.encode(), None, 0
        while (place := self._content.find(sought, place)) >= 0:
            begin, place = place - _ENTRY.size, place + 1
            if self._is_entry(begin):
                member, _ = self._read_entry(begin)
                if member.name == name:
                    if found is not None:
                        raise BadZipFile(f"{name} stands in it twice")
                    found = member
        return found

    def _is_entry(self, place: int) -> bool:
        is_whole = 0 <= place <= len(self._content) - _ENTRY.size
        return is_whole and self._content.startswith(_ENTRY_MARK, place)

    def _read_entry(self, place: int) -> tuple[_Member, int]:
        """The member of which the directory tells there, and where it tells of the next."""
        fields = _ENTRY.unpack_from(self._content, place)
        method, checksum, packed, size, offset = fields[4], *fields[7:10], fields[16]
        name_length, extra_length, comment_length = fields[10:13]
        begin = place + _ENTRY.size
        name = self._content[begin : begin + name_length].decode()
        end = begin + name_length + extra_length + comment_length
        return _Member(name, method, checksum, packed, size, offset), end


def read_summary(file: BinaryIO) -> ArchiveSummary:
    """The summary of an archive, from the end of its file alone. Raises one of UNREADABLE, and OSError."""
    return ArchiveSummary.model_validate_json(_read_end(file)[_END.size :])


def _read_end(file: BinaryIO) -> bytes:
    """The end of the central directory with the comment. Raises BadZipFile, and OSError."""
    size = file.seek(0, 2)
    for longest in (_USUAL_COMMENT, _END.size + _LONGEST_COMMENT):
        file.seek(max(0, size - longest))
        tail = file.read()
        place = tail.rfind(_END_MARK)
        # The mark may stand in a comment as well, though not in JSON of ours: PK\x05\x06 holds control characters.
        if place >= 0 and len(tail) - place >= _END.size:
            return tail[place:]
    raise BadZipFile("it has no end: it is no ZIP, or was cut off")


def _write(archive: ZipFile, name: str, content: bytes, at: datetime) -> None:
    # A clock without a battery begins in 1970, and ZIP in 1980 (APPNOTE.TXT §4.4.6); the records say when it was.
    member = ZipInfo(name, min(max(at.astimezone(UTC).timetuple()[:6], _FIRST_TIME), _LAST_TIME))
    member.compress_type, member.external_attr = ZIP_DEFLATED, 0o600 << 16
    archive.writestr(member, content)
