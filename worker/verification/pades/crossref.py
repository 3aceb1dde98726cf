"""Cross-reference sections (ISO 32000-1 §7.5.4, §7.5.8), read strictly: anything unusual raises ValueError."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.verification.pades.syntax import BLANK, Content, Stream, Value, read_indirect, read_value

_TABLE = re.compile(rb"xref[\t ]*(?:\r\n|\n|\r)")
_SUBSECTION = re.compile(rb"(\d+) (\d+)[\t ]*(?:\r\n|\n|\r)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_TRAILER = re.compile(rb"trailer" + BLANK)
_ENTRY_WIDTH = 20
_MAX_ENTRIES = 1_000_000
_PLACED, _PACKED = 1, 2


@dataclass(frozen=True, slots=True)
class Subsection:
    """A run of consecutive object numbers in a table; its entries begin at `begin` and are 20 bytes each."""

    first: int
    count: int
    begin: int

    def entry(self, content: Content, number: int) -> tuple[int, int] | None:
        """Offset and generation of that object, None when it is free. Raises ValueError."""
        found = _ENTRY.match(content, self.begin + (number - self.first) * _ENTRY_WIDTH)
        if found is None:
            raise ValueError(f"the entry of object {number} is malformed")
        return None if found[3] == b"f" else (int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Section:
    """What one revision says of its objects: offset and generation of each, or the object stream that holds it."""

    begins: tuple[int, ...]
    """Offsets of the table or stream; of stream and table in a hybrid file."""
    end: int
    places: Mapping[int, tuple[int, int]] = field(repr=False)
    packed: Mapping[int, int] = field(repr=False)
    freed: frozenset[int]
    trailer: Mapping[str, Value] = field(repr=False)


def read_section(content: Content, offset: int) -> Section:
    """Read the table or the stream that begins exactly here. Raises ValueError."""
    if content[offset : offset + 4] != b"xref":
        return _read_stream(content, offset)
    subsections, trailer, end = read_table(content, offset)
    entries = {
        run.first + place: run.entry(content, run.first + place) for run in subsections for place in range(run.count)
    }
    places = {number: entry for number, entry in entries.items() if entry is not None}
    table = Section((offset,), end, places, {}, frozenset(entries) - frozenset(places) - {0}, trailer)
    return _hybrid(_read_stream(content, trailer["XRefStm"]), table) if "XRefStm" in trailer else table


def read_table(content: Content, offset: int) -> tuple[list[Subsection], dict[str, Value], int]:
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


def _hybrid(stream: Section, table: Section) -> Section:
    """In a hybrid file the table calls free what only the stream knows (§7.5.8.4)."""
    known = frozenset(stream.places) | frozenset(stream.packed)
    return Section(
        begins=(*stream.begins, *table.begins),
        end=table.end,
        places={**stream.places, **table.places},
        packed=stream.packed,
        freed=(table.freed | stream.freed) - known,
        trailer=table.trailer,
    )


def _read_stream(content: Content, offset: int) -> Section:
    reference, stream, end = read_indirect(content, offset)
    if not isinstance(stream, Stream) or stream.entries.get("Type") != "XRef" or "DecodeParms" in stream.entries:
        raise ValueError(f"no plain cross-reference stream begins at {offset}")
    places, packed, freed = {}, {}, set()
    for number, kind, second, third in _rows(stream):
        if kind == _PLACED:
            places[number] = (second, third)
        elif kind == _PACKED:
            packed[number] = second
        else:
            freed.add(number)
    places.pop(reference.number, None)
    return Section((offset,), end, places, packed, frozenset(freed - {0}), stream.entries)


def _rows(stream: Stream) -> Iterator[tuple[int, int, int, int]]:
    """Yield object number and the three fields of each entry (§7.5.8.3)."""
    first, second, third = stream.entries["W"]
    width = first + second + third
    entries = stream.decoded()
    numbers = list(_numbers(stream.entries.get("Index", [0, stream.entries["Size"]])))
    if width <= 0 or len(entries) != width * len(numbers):
        raise ValueError("a cross-reference stream has another length than it says")
    for place, number in enumerate(numbers):
        row = entries[place * width : (place + 1) * width]
        kind = int.from_bytes(row[:first], "big") if first else _PLACED
        yield (
            number,
            kind,
            int.from_bytes(row[first : first + second], "big"),
            int.from_bytes(row[first + second :], "big"),
        )


def _numbers(index: Sequence[int]) -> Iterator[int]:
    for first, count in zip(index[::2], index[1::2], strict=True):
        if count > _MAX_ENTRIES:
            raise ValueError("a cross-reference stream is too large")
        yield from range(first, first + count)
