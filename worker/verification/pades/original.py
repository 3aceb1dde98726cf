"""The original inside its sealed file: what its objects were before anyone appended to them."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from mmap import mmap

from pyhanko.pdf_utils.generic import IndirectObject, NumberObject, StreamObject
from pyhanko.pdf_utils.generic import Reference as ForeignReference
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from worker.verification.pades.crossref import Subsection, read_table
from worker.verification.pades.syntax import Reference, Value, read_indirect, read_value

END = re.compile(rb"startxref[\0\t\n\f\r ]*(\d+)[\0\t\n\f\r ]*%%EOF")
_LAST = 1024
_MAX_SECTIONS = 100


_Table = tuple[list[Subsection], Mapping[str, Value]]


class Original:
    """The first bytes of a sealed file, as somebody's software wrote them.

    Well-made tables are looked up where they stand; pyHanko, which forgives and takes milliseconds, reads the rest.
    """

    def __init__(self, content: mmap) -> None:
        self._content = content
        self._read: dict[Reference, Value] = {}
        self._tables: dict[int, _Table] = {}

    @cached_property
    def newest(self) -> int | None:
        """Offset of the newest cross-reference section, as the file's last lines say it."""
        found = END.findall(self._content[max(0, len(self._content) - _LAST) :])
        return int(found[-1]) if found else None

    @cached_property
    def trailer(self) -> Mapping[str, Value]:
        """The trailer's `/Root`, `/Info` and `/Size`; what a newer one forgets to repeat is taken from an older."""
        try:
            trailers = [trailer for _, trailer in self._sections()]
        except ValueError:
            return {key: self._entry(key) for key in ("Root", "Info", "Size") if f"/{key}" in self._forgiving.trailer}
        return dict(item for trailer in reversed(trailers) for item in trailer.items())

    @cached_property
    def first_free(self) -> int:
        """The smallest number that no object has, nor any later one; a trailer may say less than its tables."""
        known: int = self.trailer["Size"]
        try:
            return max(known, *(run.first + run.count for runs, _ in self._sections() for run in runs))
        except ValueError:
            revisions = range(self._forgiving.total_revisions)
            numbers = (one.idnum for at in revisions for one in self._forgiving.xrefs.explicit_refs_in_revision(at))
            return max(known, *(number + 1 for number in numbers))

    def object(self, reference: Reference) -> Value:
        """The object in the original's newest revision, None where there is none. Raises ValueError."""
        if reference not in self._read:
            self._read[reference] = self._found(reference)
        return self._read[reference]

    def _found(self, reference: Reference) -> Value:
        try:
            place = self._lookup(reference.number)
            found, value, _ = read_indirect(self._content, place, self._resolved)
        except ValueError:
            return self._slowly(reference)
        return value if found == reference else self._slowly(reference)

    def _lookup(self, number: int) -> int:
        """Offset of an object, by plain tables only. Raises ValueError when they do not tell."""
        for runs, _ in self._sections():
            for run in runs:
                if 0 <= number - run.first < run.count:
                    return _required(run.entry(self._content, number))
        raise ValueError("the object is in no table")

    def _sections(self) -> Iterator[_Table]:
        """Yield the tables, newest first. Raises ValueError where the file has anything but plain tables."""
        at = self.newest
        for _ in range(_MAX_SECTIONS):
            if at is None:
                return
            table = self._table(at)
            if "XRefStm" in table[1]:
                raise ValueError("the file is a hybrid one")
            yield table
            at = table[1].get("Prev")
        raise ValueError("the original has too many revisions")

    def _table(self, offset: int) -> _Table:
        if offset not in self._tables:
            self._tables[offset] = read_table(self._content, offset)[:2]
        return self._tables[offset]

    def _resolved(self, value: Value) -> Value:
        return self.object(value) if isinstance(value, Reference) else value

    @cached_property
    def _forgiving(self) -> PdfFileReader:
        return PdfFileReader(self._content, strict=False)

    def _entry(self, key: str) -> Value:
        value = self._forgiving.trailer.raw_get(f"/{key}")
        if isinstance(value, IndirectObject):
            return Reference(value.idnum, value.generation)
        return int(value) if isinstance(value, NumberObject) else None

    def _slowly(self, reference: Reference) -> Value:
        place = self._forgiving.xrefs[ForeignReference(*reference)]
        if place is None:
            return None
        if isinstance(place, ObjStreamRef):
            return self._packed(place)
        found, value, _ = read_indirect(self._content, place, self._resolved)
        if found != reference:
            raise ValueError(f"object {reference.number} of the original is not where it should be")
        return value

    def _packed(self, place: ObjStreamRef) -> Value:
        """Read an object out of an object stream (§7.5.7): pairs of number and offset, then the objects."""
        container = ForeignReference(place.obj_stream_id, 0, self._forgiving).get_object()
        if not isinstance(container, StreamObject):
            raise ValueError(f"object {place.obj_stream_id} of the original holds no objects")  # noqa: TRY004 - see read_value
        first = int(container.raw_get("/First"))
        offset = container.data[:first].split()[2 * place.ix_in_stream + 1]
        return read_value(container.data, first + int(offset))[0]


def _required(entry: tuple[int, int] | None) -> int:
    """The offset of an entry in use; what a table calls free may still stand in a hybrid file's stream."""
    if entry is None:
        raise ValueError("the object is free")
    return entry[0]
