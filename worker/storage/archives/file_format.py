"""An archive's file: a ZIP (APPNOTE.TXT 6.3.10) with a member for each batch, and its summary as the comment."""

import json
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from pydantic import ValidationError

from jobs.model.errors import BrokenArchive
from jobs.model.ledger_archive import ArchiveSummary
from jobs.model.names import BatchId, is_batch_id

MANIFEST, README = "manifest.json", "README.txt"
UNREADABLE = (BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""What is raised where an archive, or what is read of it, is damaged."""
_ENDING = ".jsonl"
_END = struct.Struct("<4s4H2LH")
"""The end of the central directory (APPNOTE.TXT §4.3.16); the length of the comment is its last field."""
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
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


class Directory:
    """Where each member of an archive stands in its file, as its central directory says."""

    def __init__(self, file: BinaryIO) -> None:
        with ZipFile(file) as archive:
            self._members = {
                one.filename: (one.header_offset, one.compress_size, one.CRC) for one in archive.infolist()
            }

    @property
    def batches(self) -> tuple[BatchId, ...]:
        """Every batch in it, in the order in which they were written."""
        names = (name.removesuffix(_ENDING) for name in self._members if name.endswith(_ENDING))
        return tuple(BatchId(name) for name in names if is_batch_id(name))

    def has_batch(self, batch: BatchId) -> bool:
        """Whether the archive holds the batch."""
        return f"{batch}{_ENDING}" in self._members

    def read_batch(self, file: BinaryIO, batch: BatchId) -> tuple[bytes, ...]:
        """A batch's entries, byte for byte. Raises as `read`."""
        return tuple(self.read(file, f"{batch}{_ENDING}").split(b"\n")[:-1])

    def read(self, file: BinaryIO, name: str) -> bytes:
        """A member, and nothing else of the file. Raises one of UNREADABLE, and OSError."""
        offset, size, checksum = self._members[name]
        file.seek(offset)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
            raise BadZipFile(f"{name} does not stand where the directory says")
        *_, name_length, extra_length = _LOCAL.unpack(header)
        file.seek(name_length + extra_length, 1)
        content = zlib.decompress(file.read(size), -zlib.MAX_WBITS)
        if zlib.crc32(content) != checksum:
            raise BadZipFile(f"{name} has another checksum")
        return content


def read_summary(file: BinaryIO) -> ArchiveSummary:
    """The summary of an archive, from the end of its file alone. Raises BrokenArchive, and OSError."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    # The mark may stand in the comment as well, though not in JSON of ours: PK\\x05\\x06 holds control characters.
    if place < 0 or len(tail) - place < _END.size:
        raise BrokenArchive("it has no end: it is no ZIP, or was cut off")
    try:
        return ArchiveSummary.model_validate_json(tail[place + _END.size :])
    except ValidationError as error:
        raise BrokenArchive(f"its summary cannot be read: {error}") from error


def _write(archive: ZipFile, name: str, content: bytes, at: datetime) -> None:
    member = ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
    member.compress_type, member.external_attr = ZIP_DEFLATED, 0o600 << 16
    archive.writestr(member, content)
