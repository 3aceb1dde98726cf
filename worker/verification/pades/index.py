"""Where the objects of an original are: by its plain cross-references, or by what pyHanko makes of all others."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import Protocol

from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject, IndirectObject, NumberObject, TextStringObject
from pyhanko.pdf_utils.generic import Reference as ForeignReference
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from worker.verification.pades.crossref import ObjectPlace, Packed, Placed, Subsection, read_stream, read_table
from worker.verification.pades.syntax import Reference, Value

_MAX_SECTIONS = 100
_TABLE = re.compile(rb"[\0\t\n\f\r ]*xref")
_TRAILER = ("Root", "Info", "Size", "ID", "Encrypt")


class Index(Protocol):
    """Where the objects of a file are."""

    @property
    def trailer(self) -> Mapping[str, Value]:
        """The newest trailer; what it forgets to repeat is taken from an older one."""

    @property
    def first_free(self) -> int:
        """The smallest number that no object has, nor any later one; a trailer may say less than its tables."""

    @property
    def containers(self) -> frozenset[int]:
        """The numbers of the object streams."""

    def place(self, number: int) -> ObjectPlace | None:
        """Where the newest object of that number is, None where there is none. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class _LazySection:
    """One cross-reference section: a table that is looked up where it stands, or a stream (also a table's own)."""

    runs: tuple[Subsection, ...]
    places: Mapping[int, ObjectPlace | None]
    trailer: Mapping[str, Value]

    def run(self, number: int) -> Subsection | None:
        return next((run for run in self.runs if 0 <= number - run.first < run.count), None)


class PlainIndex:
    """The index of a well-made file; tables are looked up, never read whole. Raises ValueError for all others."""

    def __init__(self, content: mmap, newest: int | None) -> None:
        self._content = content
        self._sections = tuple(self._read(newest))

    @cached_property
    def trailer(self) -> Mapping[str, Value]:
        """See Index."""
        return dict(item for section in reversed(self._sections) for item in section.trailer.items())

    @cached_property
    def first_free(self) -> int:
        """See Index."""
        runs = (run.first + run.count for section in self._sections for run in section.runs)
        packed = (number + 1 for section in self._sections for number in section.places)
        return max(int(self.trailer["Size"]), *runs, *packed)

    @cached_property
    def containers(self) -> frozenset[int]:
        """See Index."""
        places = (place for section in self._sections for place in section.places.values())
        return frozenset(place.container for place in places if isinstance(place, Packed))

    def place(self, number: int) -> ObjectPlace | None:
        """See Index."""
        for section in self._sections:
            run = section.run(number)
            if run is not None and (found := run.entry(self._content, number)):
                # Some writers give objects that they left out an offset of 0 instead of calling them free.
                return found if found.offset else None
            if run is not None or number in section.places:
                return section.places.get(number)
        return None

    def _read(self, at: int | None) -> Iterator[_LazySection]:
        seen: set[int] = set()
        if at is None:
            raise ValueError("the original has no end")
        while at is not None:
            if at in seen or len(seen) == _MAX_SECTIONS:
                raise ValueError("the original has revisions without end")
            seen.add(at)
            if _TABLE.match(self._content, at):
                runs, trailer, _ = read_table(self._content, at)
                places = self._stream(trailer["XRefStm"])[0] if "XRefStm" in trailer else {}
                section = _LazySection(tuple(runs), places, trailer)
            else:
                section = _LazySection((), *self._stream(at))
            yield section
            at = section.trailer.get("Prev")

    def _stream(self, offset: int) -> tuple[Mapping[int, ObjectPlace | None], Mapping[str, Value]]:
        stream = read_stream(self._content, offset)
        return {**dict.fromkeys(stream.freed), **stream.places}, stream.trailer


class ForgivingIndex:
    """The index of any file that pyHanko can make sense of, at the cost of milliseconds."""

    def __init__(self, content: mmap) -> None:
        self._reader = PdfFileReader(content, strict=False)

    @cached_property
    def trailer(self) -> Mapping[str, Value]:
        """See Index."""
        trailer = self._reader.trailer
        return {key: _own(trailer.raw_get(f"/{key}")) for key in _TRAILER if f"/{key}" in trailer}

    @cached_property
    def first_free(self) -> int:
        """See Index."""
        revisions = range(self._reader.total_revisions)
        numbers = (one.idnum for at in revisions for one in self._reader.xrefs.explicit_refs_in_revision(at))
        return max(int(self.trailer["Size"]), *(number + 1 for number in numbers))

    @cached_property
    def containers(self) -> frozenset[int]:
        """See Index."""
        revisions = range(self._reader.total_revisions)
        return frozenset(
            one.idnum
            for revision in revisions
            for one in self._reader.xrefs.object_streams_used_in(revision)  # type: ignore[no-untyped-call]
        )

    def place(self, number: int) -> ObjectPlace | None:
        """See Index; an object of another generation than 0 is found by that of its newest entry."""
        for generation in (0, 1, 2):
            found = self._reader.xrefs[ForeignReference(number, generation)]
            if isinstance(found, ObjStreamRef):
                return Packed(found.obj_stream_id, found.ix_in_stream)
            if found is not None:
                return Placed(found, generation)
        return None


def _own(value: object) -> Value:
    """One of pyHanko's values as ours, as far as trailers need them."""
    if isinstance(value, IndirectObject):
        return Reference(value.idnum, value.generation)
    if isinstance(value, ArrayObject):
        return [_own(value.raw_get(place)) for place in range(len(value))]
    if isinstance(value, TextStringObject | ByteStringObject):
        return value.original_bytes
    return int(value) if isinstance(value, NumberObject) else None
