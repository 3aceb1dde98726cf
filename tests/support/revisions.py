"""PDFs and their revisions written by hand, so that every shape a writer may give them can be made, honest or not.

The signatures in them are stand-ins: their byte range is right, their value is not. They are for the judgement of
structure alone.
"""

import re
import zlib
from collections.abc import Mapping
from itertools import groupby

Objects = Mapping[int, bytes]

ROOT, PAGES, PAGE, CONTENT, FONT, INFO, FIELD, SIGNATURE = 1, 2, 3, 4, 5, 6, 7, 8
"""The numbers of the objects in `plain_original`, and of those that `seal` adds to it."""

ROOM = 64
_RANGE = b"[0 0000000000 0000000000 0000000000]"
STAND_IN = (
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260302120000Z)/ByteRange "
    + _RANGE
    + b"/Contents <"
    + b"00" * ROOM
    + b">>>"
)
UNSEEN = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal1)/F 132/Rect[0 0 0 0]/P 3 0 R/V 8 0 R>>"
SEALED_ROOT = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]/SigFlags 3>>>>"


def plain_original(changes: Objects | None = None, *, style: str = "table") -> bytes:
    """One page with one line of text; `changes` replace or add objects."""
    text = b"BT /F1 12 Tf 72 720 Td (Invoice 1: 100.00 EUR) Tj ET"
    objects = {
        ROOT: b"<</Type/Catalog/Pages 2 0 R>>",
        PAGES: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        PAGE: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
        CONTENT: stream(text),
        FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        INFO: b"<</Producer(hand)/Title(Invoice 1)>>",
        **(changes or {}),
    }
    return revise(b"%PDF-1.7\n", objects, style=style, trailer=b"/Root 1 0 R/Info 6 0 R")


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object's text."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(content), content)


def seal(original: bytes, changes: Objects | None = None, **how: object) -> bytes:
    """The original with a stand-in seal; `changes` replace or add objects, and None takes one away."""
    first = size_of(original)
    objects = {
        ROOT: SEALED_ROOT,
        PAGE: entry(PAGE, original)[:-2] + b"/Annots[7 0 R]>>",
        FIELD: UNSEEN,
        SIGNATURE: STAND_IN,
        **(changes or {}),
    }
    assert first == FIELD, "the original has other objects than the builder expects"
    return signed(revise(original, {one: text for one, text in objects.items() if text}, **how))  # type: ignore[arg-type]


def prove(sealed: bytes, changes: Objects | None = None, **how: object) -> bytes:
    """The sealed file with a store that holds nothing, as one more revision."""
    number = size_of(sealed)
    catalogue = SEALED_ROOT[:-2] + b"/DSS %d 0 R>>" % number
    objects = {ROOT: catalogue, number: b"<</Type/DSS/Certs[]>>", **(changes or {})}
    return revise(sealed, objects, **how)  # type: ignore[arg-type]


def entry(number: int, content: bytes) -> bytes:
    """The newest text of an object that stands in the file by itself."""
    found: list[bytes] = re.findall(rb"(?:^|[\r\n])%d 0 obj\n(.*?)\nendobj" % number, content, re.DOTALL)
    return found[-1]


def size_of(content: bytes) -> int:
    """The newest trailer's `/Size`."""
    return int(re.findall(rb"/Size (\d+)", content)[-1])


def signed(content: bytes) -> bytes:
    """The file with the newest stand-in's byte range filled in."""
    at = content.rindex(_RANGE)
    begin = content.index(b"<00", at)
    end = content.index(b">", begin) + 1
    filled = b"[0 %010d %010d %010d]" % (begin, end, len(content) - end)
    return content[:at] + filled + content[at + len(_RANGE) :]


def revise(
    content: bytes,
    objects: Objects,
    *,
    style: str = "table",
    trailer: bytes | None = None,
    index: Mapping[int, tuple[int, int]] | None = None,
    free: tuple[int, ...] = (),
    size: int | None = None,
    previous: int | None = None,
    generations: Mapping[int, int] | None = None,
    before_index: bytes = b"",
    container: bytes = b"",
    remark: bytes = b"",
    between: bytes = b"\n",
    ranks: Mapping[int, int] | None = None,
) -> bytes:
    """The file with one more revision.

    `style` is "table", "stream" or "packed" (all that may goes into an object stream). `index` adds entries of offset
    and generation, `free` free ones; `before_index` are bytes between the last object and the index, `container`
    entries of the object stream, `remark` stands in its outline, `between` after each of its objects, and `ranks` are
    said of its objects instead of their own.
    """
    newest = re.findall(rb"startxref\s+(\d+)", content)
    trailer = trailer or b"/Root 1 0 R/Info 6 0 R"
    if newest or previous is not None:
        trailer += b"/Prev %d" % (int(newest[-1]) if previous is None else previous)
    generations, known = generations or {}, size_of(content) if b"/Size" in content else 0
    packed = [one for one, text in objects.items() if b"stream" not in text and b"ByteRange" not in text]
    packed = packed if style == "packed" else []
    out, places = content, dict(index or {})
    for number in sorted(objects):
        if number not in packed:
            places[number] = (len(out), generations.get(number, 0))
            out += b"%d %d obj\n%b\nendobj\n" % (number, generations.get(number, 0), objects[number])
    count = max(known, *(number + 1 for number in objects)) if objects else known
    rows: dict[int, bytes] = {}
    if packed:
        head = b" ".join(
            b"%d %d" % (one, sum(len(objects[other] + between) for other in packed[:place]))
            for place, one in enumerate(packed)
        )
        head += remark
        body = b"".join(objects[one] + between for one in packed)
        entries = b"/Type/ObjStm/N %d/First %d" % (len(packed), len(head) + 1) + container
        places[count] = (len(out), 0)
        out += b"%d 0 obj\n%b\nendobj\n" % (count, stream(head + b"\n" + body, entries))
        numbered = {one: place for place, one in enumerate(packed)} | dict(ranks or {})
        rows = {one: b"\2" + count.to_bytes(4, "big") + rank.to_bytes(2, "big") for one, rank in numbered.items()}
        count += 1
    out += before_index
    start = len(out)
    if style == "table":
        return out + _table(places, free, trailer, count if size is None else size, start)
    rows |= {one: b"\1" + offset.to_bytes(4, "big") + gen.to_bytes(2, "big") for one, (offset, gen) in places.items()}
    rows |= dict.fromkeys(free, b"\0" + bytes(6))
    return out + _stream(rows, trailer, count, start)


def _table(
    places: Mapping[int, tuple[int, int]], free: tuple[int, ...], trailer: bytes, size: int, start: int
) -> bytes:
    lines = {one: b"%010d %05d n \n" % place for one, place in places.items()}
    lines |= dict.fromkeys(free, b"0000000000 65535 f \n")
    runs = b"".join(b"%d %d\n" % (run[0], len(run)) + b"".join(lines[one] for one in run) for run in _runs(lines))
    return b"xref\n%btrailer\n<<%b/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (runs, trailer, size, start)


def _stream(rows: Mapping[int, bytes], trailer: bytes, number: int, start: int) -> bytes:
    rows = {**rows, number: b"\1" + start.to_bytes(4, "big") + bytes(2)}
    runs = _runs(rows)
    listed = b" ".join(b"%d %d" % (run[0], len(run)) for run in runs)
    content = zlib.compress(b"".join(rows[one] for run in runs for one in run))
    entries = b"/Type/XRef/W[1 4 2]/Index[%b]/Filter/FlateDecode%b/Size %d" % (listed, trailer, number + 1)
    body = b"%d 0 obj\n%b\nendobj\n" % (number, stream(content, entries))
    return body + b"startxref\n%d\n%%%%EOF\n" % start


def _runs(numbers: Mapping[int, bytes]) -> list[list[int]]:
    """Runs of consecutive numbers."""
    pairs = enumerate(sorted(numbers))
    return [[one for _, one in run] for _, run in groupby(pairs, key=lambda pair: pair[1] - pair[0])]
