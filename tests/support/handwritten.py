"""PDFs written by hand, object by object, for shapes that no library writes."""

import zlib
from collections.abc import Mapping

HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CATALOGUE, PAGES, PAGE, CONTENTS, FONT = 1, 2, 3, 4, 5
Objects = Mapping[int, bytes]
"""The text between `n 0 obj` and `endobj`, by object number."""


def an_invoice(
    *, catalogue: bytes = b"", pages: bytes = b"", page: bytes = b"", more: Objects | None = None
) -> dict[int, bytes]:
    """The objects of one page; the texts are entries that a dictionary has in addition."""
    return {
        CATALOGUE: b"<</Type /Catalog /Pages 2 0 R %b>>" % catalogue,
        PAGES: b"<</Type /Pages /Kids [3 0 R] /Count 1 %b>>" % pages,
        PAGE: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources <</Font <</F1 5 0 R>>>> %b>>" % page,
        CONTENTS: a_stream(b"BT /F1 24 Tf 72 720 Td (Pay 100 EUR) Tj ET"),
        FONT: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        **(more or {}),
    }


def a_stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object of that content, as it stands."""
    return b"<<%b /Length %d>>\nstream\n%b\nendstream" % (entries, len(content), content)


def deflated(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object of that content, compressed."""
    return a_stream(zlib.compress(content, 9), b"/Filter /FlateDecode " + entries)


def write(objects: Objects, *, size: int | None = None, trailer: bytes = b"", shift: int = 0) -> bytes:
    """A file with a cross-reference table; its offsets lie `shift` bytes beside the objects."""
    return append(HEAD, objects, size=size, trailer=trailer or b"/Root 1 0 R", shift=shift)


def append(
    pdf: bytes, objects: Objects, *, size: int | None = None, trailer: bytes = b"/Root 1 0 R", shift: int = 0
) -> bytes:
    """One more revision (ISO 32000-2 §7.5.6), or the first one behind a mere header."""
    body, offsets = _bodies(pdf, objects)
    previous = pdf.rpartition(b"startxref")[2].split()[0] if b"startxref" in pdf else b""
    entries = {0: b"0000000000 65535 f \n", **{at: b"%010d 00000 n \n" % (to + shift) for at, to in offsets.items()}}
    table = b"".join(b"%d 1\n%b" % entry for entry in sorted(entries.items()))
    if not previous:
        count = max(entries) + 1
        table = b"0 %d\n" % count + b"".join(entries.get(at, b"0000000000 00000 f \n") for at in range(count))
    size = size if size is not None else max(_size(pdf), *(number + 1 for number in objects))
    more = trailer + (b" /Prev %b" % previous if previous else b"")
    end = b"xref\n%btrailer\n<</Size %d %b>>\nstartxref\n%d\n%%%%EOF\n" % (table, size, more, len(body))
    return body + end


def write_packed(objects: Objects, packed: Objects, *, entries: bytes = b"", stream: bytes = b"") -> bytes:
    """A file with a cross-reference stream, and an object stream that holds the `packed` objects.

    `entries` are added to the dictionary of the object stream; `stream` replaces that stream altogether.
    """
    container = max([*objects, *packed]) + 1
    texts = list(packed.items())
    places = [sum(len(text) + 1 for _, text in texts[:at]) for at in range(len(texts))]
    first = b"".join(b"%d %d " % (number, place) for (number, _), place in zip(texts, places, strict=True))
    content = first + b" ".join(text for _, text in texts)
    stream = stream or deflated(content, b"/Type /ObjStm /N %d /First %d %b" % (len(texts), len(first), entries))
    body, offsets = _bodies(HEAD, {**objects, container: stream})
    rows = {0: (0, 0, 255), **{number: (1, offset, 0) for number, offset in offsets.items()}}
    rows |= {number: (2, container, at) for at, (number, _) in enumerate(texts)}
    rows[container + 1] = (1, len(body), 0)
    index = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + bytes([last]) for _, (kind, place, last) in sorted(rows.items())
    )
    listed = b" ".join(b"%d 1" % number for number in sorted(rows))
    kind = b"/Type /XRef /W [1 4 1] /Index [%b] /Size %d /Root 1 0 R" % (listed, container + 2)
    return body + b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (container + 1, deflated(index, kind), len(body))


def _bodies(pdf: bytes, objects: Objects) -> tuple[bytes, dict[int, int]]:
    offsets: dict[int, int] = {}
    for number, text in objects.items():
        offsets[number] = len(pdf)
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    return pdf, offsets


def _size(pdf: bytes) -> int:
    return int(pdf.rpartition(b"/Size")[2].split()[0]) if b"/Size" in pdf else 0
