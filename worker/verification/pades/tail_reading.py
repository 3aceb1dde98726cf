"""Reading what was appended: from the end of the file back to the original, then forward, so that nothing can hide.

Every byte behind the original must belong to an object that its revision's cross-reference names, to the
cross-reference itself, or be blank. A shadow object, an unlisted duplicate, or a rollback of the original to
an earlier state of itself has no place to stand.
"""

import re
from dataclasses import dataclass, field, replace
from mmap import mmap

from worker.verification.pades.crossref import (
    AmbiguousIndexError,
    ObjectPlace,
    Packed,
    Placed,
    Section,
    read_section,
)
from worker.verification.pades.gaps import Gap, find_gap
from worker.verification.pades.looks import count_objects, count_trailers
from worker.verification.pades.objects import read_object
from worker.verification.pades.original import Original
from worker.verification.pades.packing import read_object_stream
from worker.verification.pades.syntax import Reference, Stream, Value, read_indirect
from worker.verification.pades.tail import PdfState, Revision, Tail
from worker.verification.refusal import refused, require

_WHITE = rb"[\0\t\n\f\r ]"
_SPACE = re.compile(_WHITE + rb"*")
# No comment may look like an object to a reader that scans for objects.
_GAP = rb"(?:" + _WHITE + rb"|%(?:(?!obj)[^\r\n]){0,200}[\r\n])*"
_BLANK = re.compile(_GAP)
_LAST_LINES = rb"startxref" + _WHITE + rb"+(\d+)" + _WHITE + rb"+%%EOF"
_START, _END = re.compile(_LAST_LINES), re.compile(_GAP + _LAST_LINES)
_LAST = 1024
_MAX_REVISIONS = 10
MAX_PACKED = 8_000_000
"""Bytes that an appended object stream may unpack to; honest ones hold some dictionaries."""


def read_tail(content: mmap, original: Original, size: int) -> Tail:
    """Read what follows the original's `size` bytes. Raises Rejected or ValueError for all but clean updates of it."""
    sections = _sections(content, size)
    require(sections, "nothing was appended to the original as an incremental update")
    # The oldest revision goes on from the original's newest one; white space before either does not count.
    continued, newest = sections[0].trailer.get("Prev"), original.newest
    is_genuine = isinstance(continued, int) and newest is not None
    is_genuine = is_genuine and _behind_space(content, int(continued or 0)) == _behind_space(content, int(newest or 0))
    require(is_genuine, "what was appended does not continue the original's newest revision")
    revisions: tuple[Revision, ...] = ()
    begin, objects, tables = size, 0, 0
    for section in sections:
        before = PdfState(original, revisions)
        reading = _Reading(content, _without_repeats(content, section, before, begin), before, begin)
        tables += len(section.begins) - len(section.own)
        revisions = (*revisions, reading.revision())
        begin, objects = revisions[-1].end, objects + reading.headers
    require(_SPACE.fullmatch(content, begin), "something follows the last revision of the sealed file")
    # To a reader that rebuilds a broken index, whatever looks like an object or a trailer is one.
    require(count_objects(content, size) == objects, "something in the sealed file looks like an object and is none")
    require(count_trailers(content, size) == tables, "something in the sealed file looks like a trailer and is none")
    return Tail(original, revisions)


def _sections(content: mmap, size: int) -> list[Section]:
    """Follow `/Prev` from the end of the file down to the original; oldest first."""
    ends = _START.findall(content[-_LAST:])
    require(ends, "the sealed file has no end")
    found: list[Section] = []
    at = int(ends[-1])
    while at >= size:
        try:
            found.append(read_section(content, at))
        except AmbiguousIndexError as error:
            raise refused(str(error)) from error
        before = found[-1].trailer.get("Prev")
        require(isinstance(before, int) and before < at, "the revisions of the sealed file stand in no order")
        require(len(found) < _MAX_REVISIONS, "the sealed file has too many revisions")
        at = int(before or 0)
    return found[::-1]


def _behind_space(content: mmap, offset: int) -> int:
    found = _SPACE.match(content, offset)
    return found.end() if found else offset


def _without_repeats(content: mmap, section: Section, before: PdfState, begin: int) -> Section:
    """The section without what it only repeats of older ones (§7.5.6 lets a table be whole). Raises Rejected."""
    for number in section.freed:
        require(before.place(number) is None, "the sealed file deletes objects")
    listed = set()
    # Fresh is what was written behind `begin`: by itself, or in an object stream of the section that was.
    holders = {
        number: section.places.get(place.container) if isinstance(place, Packed) else place
        for number, place in section.places.items()
    }
    fresh = {
        number: section.places[number]
        for number, holder in holders.items()
        if isinstance(holder, Placed) and _behind_space(content, holder.offset) >= begin
    }
    for number in section.places.keys() - fresh.keys():
        place, earlier = section.places[number], before.place(number)
        if earlier is None and _is_index(content, number, place):
            listed.add(number)
        else:
            # Some writers give objects that they left out an offset of 0, and others repeat it.
            nowhere = earlier is None and isinstance(place, Placed) and not place.offset
            same = nowhere or place == earlier
            if isinstance(place, Placed) and isinstance(earlier, Placed):
                offsets = {_behind_space(content, one.offset) for one in (place, earlier)}
                same = len(offsets) == 1 and place.generation == earlier.generation
            require(same, f"object {number} is looked for elsewhere than it was")
    return replace(section, places=fresh, listed=frozenset(listed))


def _is_index(content: mmap, number: int, place: ObjectPlace) -> bool:
    """Whether an older cross-reference stream of that number begins there, which its own section may leave out."""
    if not isinstance(place, Placed):
        return False
    try:
        reference, stream, _ = read_indirect(content, place.offset)
    except ValueError:
        return False
    same = reference == Reference(number, place.generation) and isinstance(stream, Stream)
    return same and stream.entries.get("Type") == "XRef"


@dataclass(slots=True)
class _Reading:
    """One revision while it is read, from its first byte to its last."""

    content: mmap
    section: Section
    before: PdfState
    begin: int
    headers: int = 0
    """How many `n g obj` it has."""
    objects: dict[Reference, Value] = field(default_factory=dict)
    gaps: dict[Reference, Gap] = field(default_factory=dict)
    carriers: set[int] = field(default_factory=set)

    def revision(self) -> Revision:
        position = self.begin
        for offset, reference, limit in self._places():
            self._require_blank(position, offset)
            position = self._read(offset, reference, limit)
        for offset in self.section.begins[:-1]:
            self._require_blank(position, offset)
            _, _, position = read_indirect(self.content, offset)
        self._require_blank(position, self.section.begins[-1])
        self._unpack()
        for number in self.carriers:
            # An index or object stream with the number of an object that was there would hide what may be shown.
            require(self.before.place(number) is None, f"object {number} was overwritten by an index")
        # Readers ignore objects with a number at or beyond `/Size` (§7.5.5).
        highest, size = max((one.number for one in self.objects), default=0), self.section.trailer.get("Size")
        require(isinstance(size, int) and highest < size, "the sealed file has objects beyond its size")
        end = _END.match(self.content, self.section.end)
        if end is None or int(end[1]) != self.section.begins[-1]:
            raise refused("a revision does not end as it should")
        return Revision(
            end=end.end(),
            limit=_behind_space(self.content, end.end()),
            trailer=self.section.trailer,
            objects=self.objects,
            places=self.section.places,
            carriers=frozenset(self.carriers),
            gaps=self.gaps,
        )

    def _places(self) -> list[tuple[int, Reference, int]]:
        """Offset, reference, and the offset of what follows, in the order of the file."""
        index = min(self.section.begins)
        own = [number for number, place in self.section.places.items() if self._is_index(place)]
        self.carriers.update(self.section.own, self.section.listed, own)
        places = sorted(
            (_behind_space(self.content, place.offset), Reference(number, place.generation))
            for number, place in self.section.places.items()
            if isinstance(place, Placed) and number not in own
        )
        limits = [offset for offset, _ in places[1:]] + [index]
        self.headers = len(places) + len(self.section.own)
        return [(offset, reference, limit) for (offset, reference), limit in zip(places, limits, strict=False)]

    def _is_index(self, place: ObjectPlace) -> bool:
        return isinstance(place, Placed) and place.offset in self.section.begins

    def _require_blank(self, begin: int, end: int) -> None:
        blank = begin <= end and _BLANK.fullmatch(self.content, begin, end)
        require(blank, f"bytes at {begin} of the sealed file belong to no object")

    def _read(self, offset: int, reference: Reference, limit: int) -> int:
        """Read one object and keep it; gives the offset behind it."""
        gap = find_gap(self.content, offset, limit)
        if gap is None:
            try:
                found, value, end = read_object(self.content, offset, limit)
            except ValueError:
                # Perhaps only its length stands in another object, which texts that are remembered cannot ask for.
                found, value, end = read_indirect(self.content, offset, self._resolve)
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

    def _resolve(self, value: Value) -> Value:
        if not isinstance(value, Reference):
            return value
        place = self.section.places.get(value.number)
        if isinstance(place, Placed):
            return read_indirect(self.content, place.offset)[1]
        return self.before.resolve(value)

    def _unpack(self) -> None:
        """Take the objects out of object streams (§7.5.7)."""
        packed = [(number, place) for number, place in self.section.places.items() if isinstance(place, Packed)]
        for container in {place.container for _, place in packed}:
            stream = self.objects.pop(Reference(container, 0), None)
            inside = isinstance(stream, Stream) and "Extends" not in stream.entries
            require(inside, "an object stream lies outside its revision")
            self.carriers.add(container)
            held = read_object_stream(stream)
            if len(held.content) > MAX_PACKED:
                raise ValueError("an object stream of the sealed file is too large")
            own = {number: place.rank for number, place in packed if place.container == container}
            # Some readers find an object by its number there, others by its rank, others by reading on (§7.5.8.3).
            ranks = {number: rank for rank, number in enumerate(held.offsets)}
            plain = stream.entries.get("N") == len(own) and held.is_continuous()
            require(ranks == own and plain, "an object stream holds other objects than it should")
            for number in own:
                self.objects[Reference(number, 0)] = held.value(number)
