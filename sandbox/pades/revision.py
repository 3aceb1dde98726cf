"""Incremental updates (ISO 32000-1 §7.5.6): new objects behind the old bytes, cross-referenced in the file's way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

OFFSET_BYTES = 5  # a terabyte is enough for a PDF


@dataclass(frozen=True, slots=True)
class PdfObject:
    """One indirect object and its serialised value."""

    number: int
    generation: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Tail:
    """What the next revision must know of the file so far."""

    length: int
    startxref: int
    next_number: int  # the trailer's /Size
    uses_streams: bool  # cross-reference streams (§7.5.8) in place of tables (§7.5.4)
    trailer: bytes  # the entries every trailer repeats: /Root, /Info, /ID


@dataclass(frozen=True, slots=True)
class Revision:
    """Bytes to append, where each object begins in the whole file, and the tail for the revision after this one."""

    appended: bytes
    offsets: Mapping[int, int]
    tail: Tail


def revision(tail: Tail, objects: Sequence[PdfObject]) -> Revision:
    """Write new and changed objects behind a file; numbers from `tail.next_number` on are new."""
    objects = sorted(objects, key=lambda one: one.number)
    body = bytearray(b"\n")
    offsets: dict[int, int] = {}
    for one in objects:
        offsets[one.number] = tail.length + len(body)
        body += b"%d %d obj\n%b\nendobj\n" % (one.number, one.generation, one.value)
    startxref = tail.length + len(body)
    size = max(tail.next_number, objects[-1].number + 1)
    if tail.uses_streams:
        index = PdfObject(size, 0, b"")
        size += 1
        crossings = _stream([*objects, index], {**offsets, index.number: startxref}, tail, size)
    else:
        lines = [b"xref\n"]
        for section in _sections(objects):
            lines.append(b"%d %d\n" % (section[0].number, len(section)))
            lines += [b"%010d %05d n \n" % (offsets[one.number], one.generation) for one in section]
        lines.append(b"trailer\n<<%b /Size %d /Prev %d>>" % (tail.trailer, size, tail.startxref))
        crossings = b"".join(lines)
    appended = b"%b%b\nstartxref\n%d\n%%%%EOF\n" % (bytes(body), crossings, startxref)
    after = Tail(tail.length + len(appended), startxref, size, tail.uses_streams, tail.trailer)
    return Revision(appended, offsets, after)


def _sections(objects: Sequence[PdfObject]) -> Iterator[list[PdfObject]]:
    """Yield runs of consecutive numbers."""
    for _, run in groupby(enumerate(objects), key=lambda pair: pair[1].number - pair[0]):
        yield [one for _, one in run]


def _stream(objects: Sequence[PdfObject], offsets: Mapping[int, int], tail: Tail, size: int) -> bytes:
    """Write the index as an object itself: its entries are type 1, offset, generation (§7.5.8.3)."""
    entries = b"".join(
        b"\x01" + offsets[one.number].to_bytes(OFFSET_BYTES, "big") + one.generation.to_bytes(2, "big")
        for one in objects
    )
    index = b" ".join(b"%d %d" % (section[0].number, len(section)) for section in _sections(objects))
    shape = b"/Type /XRef /W [1 %d 2] /Index [%b] /Length %d" % (OFFSET_BYTES, index, len(entries))
    dictionary = b"<<%b%b /Size %d /Prev %d>>" % (shape, tail.trailer, size, tail.startxref)
    return b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj" % (objects[-1].number, dictionary, entries)
