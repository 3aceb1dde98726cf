"""What was appended to the original, revision by revision (ISO 32000-1 §7.5.6), read so that nothing can hide in it.

Every byte behind the original must belong to an object that its revision's cross-reference names, to the
cross-reference itself, or be blank. A shadow object, an unlisted duplicate, or a rollback of the original to
an earlier state of itself has no place to stand.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from mmap import mmap

from worker.verification.pades.crossref import Section, read_section
from worker.verification.pades.gaps import Gap, find_gap
from worker.verification.pades.objects import read_object
from worker.verification.pades.original import Original
from worker.verification.pades.syntax import Reference, Stream, Value, read_indirect, read_value
from worker.verification.refusal import require

_GAP = (
    rb"(?:[\0\t\n\f\r ]|%(?:(?!obj)[^\r\n]){0,100}[\r\n])*"  # no comment may look like an object to a reader that scans
)
_BLANK = re.compile(_GAP)
_LAST_LINES = rb"startxref[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+%%EOF"
_START, _END = re.compile(_LAST_LINES), re.compile(_GAP + _LAST_LINES)
_LINE_BREAK = re.compile(rb"\r?\n?")
_LAST = 1024
_MAX_REVISIONS = 10


@dataclass(frozen=True, slots=True)
class Revision:
    """One incremental update, and every object it writes save its own index.

    It ends behind its `%%EOF` at `end`; a line break may follow up to `limit`.
    """

    end: int
    limit: int
    trailer: Mapping[str, Value] = field(repr=False)
    objects: Mapping[Reference, Value] = field(repr=False)
    gaps: Mapping[Reference, Gap] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tail:
    """The original and the revisions behind it, oldest first."""

    original: Original
    revisions: tuple[Revision, ...]

    def object(self, reference: Reference, count: int) -> Value:
        """The object as it stands after `count` revisions, None where there is none."""
        for revision in reversed(self.revisions[:count]):
            if reference in revision.objects:
                return revision.objects[reference]
        return self.original.object(reference)

    def resolved(self, value: Value, count: int) -> Value:
        """The value itself, or the object it refers to after `count` revisions."""
        return self.object(value, count) if isinstance(value, Reference) else value

    def first_free(self, count: int) -> int:
        """The smallest number after `count` revisions that no object has, nor any later one."""
        number: int = self.revisions[count - 1].trailer["Size"] if count else self.original.first_free
        return number

    def trailer(self, count: int) -> Mapping[str, Value]:
        """The trailer after `count` revisions."""
        return self.revisions[count - 1].trailer if count else self.original.trailer


def read_tail(content: mmap, original: Original, size: int) -> Tail:
    """Read what follows the original's `size` bytes. Raises Rejected or ValueError for all but clean updates of it."""
    sections = _sections(content, size)
    require(sections, "nothing was appended to the original as an incremental update")
    continued = sections[0].trailer.get("Prev")
    require(continued == original.newest, "what was appended does not continue the original's newest revision")
    revisions, begin = [], size
    for section in sections:
        revisions.append(_Reading(content, section, begin).revision())
        begin = revisions[-1].end
    require(_is_blank(content, begin, len(content)), "something follows the last revision of the sealed file")
    return Tail(original, tuple(revisions))


def _sections(content: mmap, size: int) -> list[Section]:
    """Follow `/Prev` from the end of the file down to the original; oldest first."""
    ends = _START.findall(content[-_LAST:])
    require(ends, "the sealed file has no end")
    found: list[Section] = []
    at = int(ends[-1])
    while at >= size:
        found.append(read_section(content, at))
        before: int = found[-1].trailer["Prev"]
        require(before < at, "the revisions of the sealed file stand in no order")
        require(len(found) < _MAX_REVISIONS, "the sealed file has too many revisions")
        at = before
    return found[::-1]


def _is_blank(content: mmap, begin: int, end: int) -> bool:
    return begin <= end and _BLANK.fullmatch(content, begin, end) is not None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One revision while it is read, from its first byte to its last."""

    content: mmap
    section: Section
    begin: int
    objects: dict[Reference, Value] = field(default_factory=dict)
    gaps: dict[Reference, Gap] = field(default_factory=dict)

    def revision(self) -> Revision:
        require(not self.section.freed, "the sealed file deletes objects")
        position = self.begin
        for offset, reference, limit in self._places():
            self._require_blank(position, offset)
            position = self._read(offset, reference, limit)
        for offset in self.section.begins[:-1]:
            self._require_blank(position, offset)
            _, _, position = read_indirect(self.content, offset)
        self._require_blank(position, self.section.begins[-1])
        self._unpack()
        end = self._end()
        broken = _LINE_BREAK.match(self.content, end)
        return Revision(end, broken.end() if broken else end, self.section.trailer, self.objects, self.gaps)

    def _places(self) -> Iterator[tuple[int, Reference, int]]:
        """Yield offset, reference, and the offset of what follows, in the order of the file."""
        index = min(self.section.begins)
        places = sorted(
            (offset, Reference(number, generation))
            for number, (offset, generation) in self.section.places.items()
            if offset not in self.section.begins
        )
        limits = [offset for offset, _ in places[1:]] + [index]
        for (offset, reference), limit in zip(places, limits, strict=False):
            yield offset, reference, limit

    def _require_blank(self, begin: int, end: int) -> None:
        require(_is_blank(self.content, begin, end), f"bytes at {begin} of the sealed file belong to no object")

    def _read(self, offset: int, reference: Reference, limit: int) -> int:
        """Read one object and keep it; gives the offset behind it."""
        gap = find_gap(self.content, offset, limit)
        if gap is None:
            found, value, end = read_object(self.content, offset, limit)
        else:
            around = self.content[offset : gap.begin] + b"<>" + self.content[gap.end : limit]
            found, value, end = read_indirect(around, 0)
            end += offset + (gap.end - gap.begin) - len(b"<>")
            require(value.get("Contents") == b"", "the signature leaves out something else than its value")
            value["Contents"] = gap.contents
            self.gaps[reference] = gap
        require(found == reference, f"object {reference.number} is not where it should be")
        self.objects[reference] = value
        return end

    def _end(self) -> int:
        """The offset behind the revision's `%%EOF`."""
        end = _END.match(self.content, self.section.end)
        require(end and int(end[1]) == self.section.begins[-1], "a revision does not end as it should")
        return end.end() if end else 0

    def _unpack(self) -> None:
        """Take the objects out of object streams (§7.5.7); the streams themselves say nothing more."""
        for number in set(self.section.packed.values()):
            container = self.objects.pop(Reference(number, 0), None)
            require(isinstance(container, Stream), "an object stream lies outside its revision")
            self._unpack_from(number, container)

    def _unpack_from(self, number: int, container: Stream) -> None:
        content, first = container.decoded(), container.entries["First"]
        pairs = [int(item) for item in content[:first].split()]
        own = sorted(inner for inner, outer in self.section.packed.items() if outer == number)
        require(sorted(pairs[::2]) == own, "an object stream holds other objects than it should")
        for inner, offset in zip(pairs[::2], pairs[1::2], strict=True):
            self.objects[Reference(inner, 0)] = read_value(content, first + offset)[0]
