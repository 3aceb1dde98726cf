"""Where the objects of a PDF lie: its cross-reference tables and streams, newest first. § are those of ISO 32000-2."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.pades.lossless.streams import decode
from sandbox.pades.lossless.syntax import (
    Dictionary,
    UnreadablePdf,
    end_of_value,
    items_of,
    number_in,
    reference_in,
    skip_blanks,
)

STARTXREF = re.compile(rb"startxref\s+(\d+)")
SUBSECTION = re.compile(rb"\s*(\d+)[ \t]+(\d+)\s+")
# Two end-of-line bytes by the standard (§7.5.4), one or three in the wild.
ENTRY = re.compile(rb"\s*(\d{1,10})[ \t]+(\d{1,5})[ \t]+([nf])\s*")
HEADING = re.compile(rb"(\d+)\s+(\d+)\s+obj")
STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
FREE, PLAIN, PACKED = 0, 1, 2  # types of entries (§7.5.8.3)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Where an object lies: at an offset with a generation, or as the n-th in the object stream of that number."""

    kind: int
    where: int
    rank: int


@dataclass(frozen=True, slots=True)
class CrossReference:
    """All places by object number, the newest trailer, and what the newest section is."""

    places: dict[int, IndexEntry]
    trailer: Dictionary
    startxref: int
    is_stream: bool
    is_hybrid: bool


@dataclass(slots=True)
class _Section:
    trailer: Dictionary
    is_stream: bool
    places: dict[int, IndexEntry] = field(default_factory=dict)


def read_cross_reference(document: bytes) -> CrossReference:
    """Follow the sections from the last `startxref` on (§7.5.4, §7.5.8); raises `UnreadablePdf`."""
    found = list(STARTXREF.finditer(document, document.rfind(b"startxref")))
    if not found:
        raise UnreadablePdf("there is no startxref")
    startxref = int(found[-1][1])
    sections: list[_Section] = []
    seen: set[int] = set()
    following: bytes | None = found[-1][1]
    while following is not None:
        offset = number_in(following)
        if offset in seen or offset >= len(document):
            raise UnreadablePdf("the cross-reference leads nowhere")
        seen.add(offset)
        sections.append(_section(document, offset))
        following = sections[-1].trailer.get(b"/Prev")
    places: dict[int, IndexEntry] = {}
    for section in reversed(sections):
        places |= section.places
    newest = sections[0]
    hybrid = any(section.trailer.get(b"/XRefStm") for section in sections)
    return CrossReference(places, newest.trailer, startxref, newest.is_stream, hybrid)


def _section(document: bytes, offset: int) -> _Section:
    at = skip_blanks(document, offset)
    if not document.startswith(b"xref", at):
        return _stream_section(document, at)
    section = _table_section(document, at + len(b"xref"))
    if hidden := section.trailer.get(b"/XRefStm"):
        # Hidden objects are free in the table and known to the stream alone (§7.5.8.4).
        known = _stream_section(document, number_in(hidden)).places
        stands = {number: place for number, place in section.places.items() if place.kind != FREE}
        section.places = section.places | known | stands
    return section


def _table_section(document: bytes, at: int) -> _Section:
    places: dict[int, IndexEntry] = {}
    while heading := SUBSECTION.match(document, at):
        at = heading.end()
        for number in range(int(heading[1]), int(heading[1]) + int(heading[2])):
            entry = ENTRY.match(document, at)
            if entry is None:
                raise UnreadablePdf("a cross-reference table is cut short")
            places[number] = IndexEntry(PLAIN if entry[3] == b"n" else FREE, int(entry[1]), int(entry[2]))
            at = entry.end()
    at = skip_blanks(document, at)
    if not document.startswith(b"trailer", at):
        raise UnreadablePdf("a cross-reference table has no trailer")
    at = skip_blanks(document, at + len(b"trailer"))
    return _Section(Dictionary.of(document[at : end_of_value(document, at)]), is_stream=False, places=places)


def _stream_section(document: bytes, at: int) -> _Section:
    _, value, content = read_object(document, at)
    dictionary = Dictionary.of(value)
    if content is None or dictionary.get(b"/Type") != b"/XRef":
        raise UnreadablePdf("there is no cross-reference where one should be")
    section = _Section(dictionary, is_stream=True)
    widths = [number_in(width) for width in items_of(dictionary.get(b"/W") or b"[]")]
    default = b"[0 %b]" % (dictionary.get(b"/Size") or b"0")
    index = [number_in(one) for one in items_of(dictionary.get(b"/Index") or default)]
    rows = _rows(decode(dictionary, content), widths)
    for first, count in zip(index[::2], index[1::2], strict=True):
        section.places |= dict(zip(range(first, first + count), rows, strict=False))
    return section


def _rows(content: bytes, widths: list[int]) -> Iterator[IndexEntry]:
    if len(widths) != 3 or not sum(widths):  # noqa: PLR2004 - type, place, rank (§7.5.8.2)
        raise UnreadablePdf("a cross-reference stream has no sound /W")
    first, second, whole = widths[0], widths[0] + widths[1], sum(widths)
    for begin in range(0, len(content) - whole + 1, whole):
        row = content[begin : begin + whole]
        kind = int.from_bytes(row[:first], "big") if first else PLAIN
        yield IndexEntry(kind, int.from_bytes(row[first:second], "big"), int.from_bytes(row[second:], "big"))


def read_object(document: bytes, offset: int, length: int | None = None) -> tuple[int, bytes, bytes | None]:
    """Return number, value and stream content of the object that begins at an offset or behind blanks there.

    Where `/Length` is a reference, `length` is what it leads to. Raises `UnreadablePdf`.
    """
    heading = HEADING.match(document, skip_blanks(document, offset))
    if heading is None:
        raise UnreadablePdf(f"no object begins at byte {offset}")
    begin = skip_blanks(document, heading.end())
    end = end_of_value(document, begin)
    value = document[begin:end]
    stream = STREAM.match(document, skip_blanks(document, end))
    if stream is None or not value.startswith(b"<<"):
        return int(heading[1]), value, None
    stated = Dictionary.of(value).get(b"/Length") or b"null"
    if length is None:
        length = 0 if reference_in(stated) else number_in(stated)
    return int(heading[1]), value, document[stream.end() : stream.end() + length]
