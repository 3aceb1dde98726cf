"""Cross-reference sections (ISO 32000-2 §7.5.4, §7.5.8), read strictly: anything unusual raises ValueError."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from worker.verification.pades.syntax import (
    BLANK,
    Buffer,
    Resolve,
    Stream,
    Value,
    as_it_is,
    read_indirect,
    read_value,
)

_TABLE = re.compile(rb"[\0\t\n\f\r ]*xref[\t ]*(?:\r\n|\n|\r)")
_SUBSECTION = re.compile(rb"(\d+) (\d+)[\t ]*(?:\r\n|\n|\r)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_TRAILER = re.compile(rb"trailer" + BLANK)
_ENTRY_WIDTH = 20
_MAX_ENTRIES = 1_000_000
_PLACED, _PACKED = 1, 2
_LEADING = frozenset({"Root", "Info", "Encrypt", "Prev"})
"""Where a reader goes on from a trailer: some go on from that of a hybrid file's stream too."""


class AmbiguousIndexError(ValueError):
    """A cross-reference says two things of one object, so that readers differ in which of them they believe."""


class Placed(NamedTuple):
    """An object that stands in the file by itself."""

    offset: int
    generation: int


@dataclass(frozen=True, slots=True)
class Packed:
    """An object that lies in the object stream of this number, in this place among the others, counted from 0.

    No tuple as Placed is: the two would be equal where their numbers are.
    """

    container: int
    rank: int


ObjectPlace = Placed | Packed


@dataclass(frozen=True, slots=True)
class Subsection:
    """A run of consecutive object numbers in a table; its entries begin at `begin` and are 20 bytes each."""

    first: int
    count: int
    begin: int

    def entry(self, content: Buffer, number: int) -> Placed | None:
        """Where that object stands, None when it is free. Raises ValueError."""
        found = _ENTRY.match(content, self.begin + (number - self.first) * _ENTRY_WIDTH)
        if found is None:
            raise ValueError(f"the entry of object {number} is malformed")
        return None if found[3] == b"f" else Placed(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Section:
    """What one revision says of its objects: where each is, and which are free."""

    begins: tuple[int, ...]
    """Offsets of the table or stream; of stream and table in a hybrid file."""
    end: int
    places: Mapping[int, ObjectPlace] = field(repr=False)
    freed: frozenset[int]
    trailer: Mapping[str, Value] = field(repr=False)
    own: frozenset[int] = frozenset()
    """The numbers of its own streams."""
    listed: frozenset[int] = frozenset()
    """The numbers of older streams of this kind that it names, while their own section does not."""


def read_section(content: Buffer, offset: int, resolve: Resolve = as_it_is) -> Section:
    """Read the table or the stream that begins here; `resolve` is asked for a length elsewhere. Raises ValueError."""
    if _TABLE.match(content, offset) is None:
        return read_stream(content, offset, resolve)
    runs, trailer, end = read_table(content, offset)
    numbers = [(run, number) for run in runs for number in range(run.first, run.first + run.count)]
    entries = {number: run.entry(content, number) for run, number in numbers}
    if len(entries) != len(numbers):
        raise AmbiguousIndexError("a cross-reference table names an object twice")
    places: dict[int, ObjectPlace] = {number: entry for number, entry in entries.items() if entry is not None}
    table = Section((offset,), end, places, frozenset(entries) - frozenset(places) - {0}, trailer)
    return _join(read_stream(content, trailer["XRefStm"], resolve), table) if "XRefStm" in trailer else table


def read_table(content: Buffer, offset: int) -> tuple[list[Subsection], dict[str, Value], int]:
    """Read a table's outline and its trailer, leaping over the entries; gives the offset behind it too."""
    head = _TABLE.match(content, offset)
    if head is None:
        raise ValueError(f"no cross-reference table begins at {offset}")
    runs, position = [], head.end()
    while found := _SUBSECTION.match(content, position):
        runs.append(Subsection(int(found[1]), int(found[2]), found.end()))
        position = found.end() + runs[-1].count * _ENTRY_WIDTH
    begin = _TRAILER.match(content, position)
    if begin is None:
        raise ValueError(f"the cross-reference table at {offset} has no trailer")
    trailer, end = read_value(content, begin.end())
    return runs, trailer, end


def read_stream(content: Buffer, offset: int, resolve: Resolve = as_it_is) -> Section:
    """Read the cross-reference stream that begins here (§7.5.8). Raises ValueError."""
    reference, stream, end = read_indirect(content, offset, resolve)
    if not isinstance(stream, Stream) or stream.entries.get("Type") != "XRef":
        raise ValueError(f"no cross-reference stream begins at {offset}")
    places, freed = read_rows(stream)
    # Writers list the stream itself, call it free, or say nothing of it (§7.5.8.2 wants no particular one).
    if places.get(reference.number) == Placed(offset, reference.generation):
        del places[reference.number]
    own = frozenset({reference.number})
    return Section((offset,), end, places, frozenset(freed - {0}) - own, stream.entries, own)


def read_rows(stream: Stream) -> tuple[dict[int, ObjectPlace], set[int]]:
    """What a cross-reference stream says: where objects are, and which numbers are free. Raises ValueError."""
    # The widths of the three fields that each entry has (§7.5.8.3): its kind, and two numbers that depend on it.
    first, second, third = stream.entries["W"]
    width = first + second + third
    entries = stream.decode()
    index = stream.entries.get("Index", [0, stream.entries["Size"]])
    if sum(index[1::2]) > _MAX_ENTRIES:
        raise ValueError("a cross-reference stream is too large")
    runs = zip(index[::2], index[1::2], strict=True)
    numbers = [number for begin, count in runs for number in range(begin, begin + count)]
    if width <= 0 or len(entries) != width * len(numbers):
        raise ValueError("a cross-reference stream has another length than it says")
    places: dict[int, ObjectPlace] = {}
    freed: set[int] = set()
    for place, number in enumerate(numbers):
        row = entries[place * width : (place + 1) * width]
        kind = int.from_bytes(row[:first], "big") if first else _PLACED
        fields = int.from_bytes(row[first : first + second], "big"), int.from_bytes(row[first + second :], "big")
        if number in places or number in freed:
            raise AmbiguousIndexError("a cross-reference stream names an object twice")
        if kind == _PLACED:
            places[number] = Placed(*fields)
        elif kind == _PACKED:
            places[number] = Packed(*fields)
        else:
            freed.add(number)
    return places, freed


def _join(stream: Section, table: Section) -> Section:
    """In a hybrid file the table calls free what only the stream knows (§7.5.8.4). Raises AmbiguousIndexError."""
    both = stream.places.keys() & table.places.keys()
    said = stream.trailer.keys() & _LEADING
    if any(stream.places[one] != table.places[one] for one in both) or any(
        stream.trailer[key] != table.trailer.get(key) for key in said
    ):
        raise AmbiguousIndexError("a cross-reference table and its stream say two things")
    return Section(
        begins=(*stream.begins, *table.begins),
        end=table.end,
        places={**stream.places, **table.places},
        freed=(table.freed | stream.freed) - frozenset(stream.places) - stream.own,
        trailer=table.trailer,
        own=stream.own,
    )
