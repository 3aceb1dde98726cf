"""What was appended to the original, revision by revision (ISO 32000-1 §7.5.6), read so that nothing can hide in it.

Every byte behind the original must belong to an object that its revision's cross-reference names, to the
cross-reference itself, or be blank. A shadow object, an unlisted duplicate, or a rollback of the original to
an earlier revision of itself has no place to stand.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from mmap import mmap

from pyhanko.pdf_utils.generic import (
    ByteStringObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    Reference,
    StreamObject,
    TrailerReference,
    read_object,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionData, read_object_header

from worker.verification.refusal import refused, require

_BLANK = re.compile(rb"(?:[\0\t\n\f\r ]|%[^\r\n]{0,100}[\r\n])*")
_ENDOBJ = re.compile(rb"[\0\t\n\f\r ]*endobj(?![^\0\t\n\f\r ])")
_END = re.compile(rb"[\0\t\n\f\r ]*(?:%[^\r\n]{0,100}[\r\n]+)?startxref[\r\n ]+(\d+)[\r\n ]+%%EOF")
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]")
_HEX = re.compile(rb"<[0-9A-Fa-f]*>")
_TAIL_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a signature's `/Contents` stands in the file: from its `<` up to and including its `>`."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One incremental update: its place in the file, and every object it writes save its own index."""

    number: int
    begin: int
    end: int
    objects: Mapping[Reference, PdfObject] = field(repr=False)
    gaps: Mapping[Reference, Gap] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tail:
    """The revisions behind the original, oldest first, and a reader for what they refer to."""

    reader: PdfFileReader = field(repr=False)
    revisions: tuple[Revision, ...]

    def before(self, revision: Revision, reference: Reference) -> PdfObject | None:
        """The object as it was before that revision; None when there was none."""
        known = self.reader.xrefs.get_historical_ref(reference, revision.number - 1)
        return None if known is None else self.reader.get_object(reference, revision=revision.number - 1)


def read_tail(content: mmap, size: int) -> Tail:
    """Read what follows the first `size` bytes. Raises Rejected where it is not a chain of clean updates of them."""
    reader = PdfFileReader(content, strict=False)
    require("/Encrypt" not in reader.trailer, "the sealed file is encrypted")
    first = _first_behind(reader, size)
    _require_joined(reader, first, content, size)
    revisions, begin = [], size
    for number in range(first, reader.total_revisions):
        revisions.append(_Reading(reader, content, number, begin).revision())
        begin = revisions[-1].end
    require(_BLANK.fullmatch(content, begin), "something follows the last revision of the sealed file")
    return Tail(reader, tuple(revisions))


def _first_behind(reader: PdfFileReader, size: int) -> int:
    """Number of the oldest revision that lies behind the original."""
    starts = [reader.xrefs.get_startxref_for_revision(number) for number in range(reader.total_revisions)]
    first = next((number for number, start in enumerate(starts) if start >= size), 0)
    require(first > 0 and min(starts[first:]) >= size, "nothing was appended to the original as an incremental update")
    return first


def _require_joined(reader: PdfFileReader, first: int, content: mmap, size: int) -> None:
    """The oldest appended revision continues the original's newest one, not an older state of it."""
    ends = list(_END.finditer(content[max(0, size - _TAIL_LENGTH) : size]))
    newest = int(ends[-1][1]) if ends else None
    continued = reader.xrefs.get_startxref_for_revision(first - 1)
    require(newest == continued, "what was appended does not continue the original's newest revision")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One revision while it is read from its first byte to its last."""

    reader: PdfFileReader
    content: mmap
    number: int
    begin: int
    objects: dict[Reference, PdfObject] = field(default_factory=dict)
    gaps: dict[Reference, Gap] = field(default_factory=dict)

    def revision(self) -> Revision:
        sections = self._sections()
        require(not any(section.freed for section in sections), f"revision {self.number} deletes objects")
        position = self.begin
        for offset, reference, limit in self._places(sections):
            self._require_blank(position, offset)
            position = self._read(offset, reference, limit)
        end = self._end(position)
        self._unpack(sections)
        return Revision(self.number, self.begin, end, self.objects, self.gaps)

    def _sections(self) -> list[XRefSectionData]:
        main = self.reader.xrefs.get_xref_data(self.number)
        return [main] if main.hybrid is None else [main, main.hybrid.xref_data]

    def _places(self, sections: list[XRefSectionData]) -> Iterator[tuple[int, Reference, int]]:
        """Yield offset, reference, and the offset of what follows, in the order of the file."""
        index = self._index()
        found = {
            offset: Reference(number, generation, self.reader)
            for section in sections
            for number, (generation, offset) in section.standard_xrefs.items()
        }
        places = sorted((place for place in found.items() if place[0] not in index), key=lambda place: place[0])
        limits = [offset for offset, _ in places[1:]] + [min(index)]
        require(not places or places[-1][0] < min(index), f"revision {self.number} has objects behind its index")
        for (offset, reference), limit in zip(places, limits, strict=True):
            yield offset, reference, limit

    def _index(self) -> list[int]:
        """Offsets of the cross-reference table or stream; of both in a hybrid file."""
        data = self.reader.xrefs.get_xref_data(self.number)
        own = [self.reader.xrefs.get_startxref_for_revision(self.number)]
        return own if data.hybrid is None else [data.hybrid.meta_info.start_location, *own]

    def _require_blank(self, begin: int, end: int) -> None:
        blank = begin <= end and _BLANK.fullmatch(self.content, begin, end)
        require(blank, f"revision {self.number} holds bytes at {begin} that belong to no object")

    def _read(self, offset: int, reference: Reference, limit: int) -> int:
        """Read one object and keep it; gives the offset behind its `endobj`."""
        gap = self._gap(offset, limit)
        if gap is None:
            self.objects[reference], end = self._parsed(self.content, offset, reference)
            return end
        # pyHanko reads hexadecimal byte by byte, 30 ms for one signature: read around it, and decode it at once.
        around = self.content[offset : gap.begin] + b"<>" + self.content[gap.end : limit]
        signature, end = self._parsed(BytesIO(around), 0, reference)
        require(isinstance(signature, DictionaryObject), "the signature is not a dictionary")
        contents = bytes.fromhex(self.content[gap.begin + 1 : gap.end - 1].decode())
        signature[NameObject("/Contents")] = ByteStringObject(contents)
        self.objects[reference], self.gaps[reference] = signature, gap
        return offset + end + (gap.end - gap.begin) - len(b"<>")

    def _gap(self, offset: int, limit: int) -> Gap | None:
        """Where the object leaves room for a signature, if it does."""
        found = _BYTE_RANGE.search(self.content, offset, limit)
        gap = Gap(int(found[1]), int(found[2])) if found else None
        if gap is None or not offset < gap.begin < gap.end <= limit:
            return None
        return gap if _HEX.fullmatch(self.content, gap.begin, gap.end) else None

    def _parsed(self, stream: mmap | BytesIO, offset: int, reference: Reference) -> tuple[PdfObject, int]:
        stream.seek(offset)
        found = read_object_header(stream, strict=True)
        require(found == (reference.idnum, reference.generation), f"object {reference.idnum} is not where it should be")
        parsed = read_object(stream, reference)
        end = _ENDOBJ.match(stream if isinstance(stream, mmap) else stream.getbuffer(), stream.tell())
        if end is None:
            raise refused(f"object {reference.idnum} does not end")
        return parsed, end.end()

    def _end(self, position: int) -> int:
        """Read the index behind the objects; gives the offset behind the revision's `%%EOF`."""
        for offset in self._index():
            self._require_blank(position, offset)
            position = self._behind_index(offset)
        end = _END.match(self.content, position)
        own = self.reader.xrefs.get_startxref_for_revision(self.number)
        if end is None or int(end[1]) != own:
            raise refused(f"revision {self.number} does not end as it should")
        return end.end()

    def _behind_index(self, offset: int) -> int:
        info = self.reader.xrefs.get_xref_container_info(self.number)
        if self.content[offset : offset + 4] == b"xref":
            self.content.seek(info.end_location)
            DictionaryObject.read_from_stream(self.content, TrailerReference(self.reader))
            return self.content.tell()
        stream, end = self._parsed(self.content, offset, self._header(offset))
        require(isinstance(stream, StreamObject) and stream.get("/Type") == "/XRef", "an index is not what it should be")
        return end

    def _header(self, offset: int) -> Reference:
        self.content.seek(offset)
        return Reference(*read_object_header(self.content, strict=True), self.reader)

    def _unpack(self, sections: list[XRefSectionData]) -> None:
        """Take the objects out of object streams (§7.5.7); the streams themselves say nothing more."""
        for section in sections:
            for number in section.xrefs_in_objstm:
                reference = Reference(number, 0, self.reader)
                self.objects[reference] = self.reader.get_object(reference, revision=self.number)
            for number in section.obj_streams_used:
                container = self.objects.pop(Reference(number, 0, self.reader), None)
                require(container is not None, "an object stream lies outside its revision")
