"""Hostile PDFs, each of one kind."""

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.handwritten import an_invoice, write, write_packed
from tests.support.revisions import ROOT, plain_original, revise, size_of, stream

_MB = 1_000_000
_FLATE = b"/Filter /FlateDecode "
_OBJECTS = b"/Type /ObjStm /N 5 /First 30 "


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(_MB)) for _ in range(megabytes))
    return packed + packer.flush()


def _held(packed: bytes, entries: bytes) -> bytes:
    return write({**an_invoice(), 6: b"<<%b /Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)})


def _rows(count: int) -> bytes:
    """A file of so many empty objects, with a table for all of them."""
    parts, offsets, at = [b"%PDF-1.7\n"], [], 9
    for number in range(1, count + 1):
        text = (
            b"%d 0 obj\nnull\nendobj\n" % number if number > 3 else b"%d 0 obj\n%b\nendobj\n" % (number, _PAGES[number])
        )
        offsets.append(at)
        parts.append(text)
        at += len(text)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<</Root 1 0 R /Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (count + 1, at)
    return b"".join([*parts, b"xref\n0 %d\n0000000000 65535 f \n" % (count + 1), table, end])


_PAGES = {
    1: b"<</Type /Catalog /Pages 2 0 R>>",
    2: b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
    3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>",
}


def _revisions(count: int, padding: int = 0) -> bytes:
    content = plain_original()
    root = b"<</Type/Catalog/Pages 2 0 R>>"
    for _ in range(count):
        content = revise(content, {ROOT: root, size_of(content): stream(bytes(padding))} if padding else {ROOT: root})
    return content


def _cross_reference_loop() -> bytes:
    content = revise(plain_original(), {ROOT: _PAGES[1]})
    start = int(content.split()[-2])
    # The newest section says that it is its own predecessor.
    return revise(plain_original(), {ROOT: _PAGES[1]}, previous=start)


PDFS: Mapping[str, Callable[[], bytes]] = {
    "PDF: a picture that unpacks to 4 GB": lambda: _held(
        _bomb(4000),
        b"/Type /XObject /Subtype /Image /Width 65000 /Height 65000 /BitsPerComponent 8 "
        b"/ColorSpace /DeviceGray " + _FLATE,
    ),
    "PDF: object stream, 1 GB": lambda: _held(_bomb(1000), _OBJECTS + _FLATE),
    "PDF: packed three times": lambda: _held(
        zlib.compress(zlib.compress(_bomb(2000))), _OBJECTS + b"/Filter [/FlateDecode /FlateDecode /FlateDecode] "
    ),
    "PDF: cross-references, 1 GB": lambda: _held(_bomb(1000), b"/Type /XRef /W [1 4 1] /Size 9 " + _FLATE),
    "PDF: predictor of 100,000,000 columns": lambda: _held(
        _bomb(200), _OBJECTS + _FLATE + b"/DecodeParms <</Predictor 12 /Columns 100000000 /Colors 32>> "
    ),
    "PDF: page tree that loops": lambda: write({**an_invoice(), 2: b"<</Type /Pages /Kids [2 0 R 3 0 R] /Count 2>>"}),
    "PDF: cross-references that loop": _cross_reference_loop,
    "PDF: 550,000 objects": lambda: _rows(550_000),
    "PDF: 100,000 arrays in each other": lambda: write(
        an_invoice(catalogue=b"/Names " + b"[" * 100_000 + b"]" * 100_000)
    ),
    "PDF: 5,000,000 dictionaries": lambda: write({**an_invoice(), 3: b"[%b]" % (b"<<>>" * 5_000_000)}),
    "PDF: 2,000 revisions": lambda: _revisions(2000),
    "PDF: 24 MB added in 3 updates": lambda: _revisions(3, 8 * _MB),
    "PDF: fields that multiply": lambda: write(
        an_invoice(
            catalogue=b"/AcroForm <</Fields [6 0 R]>>",
            more={n: b"<</T (a) /Kids [%b]>>" % (b"%d 0 R " % (n + 1) * (10 * (n < 70))) for n in range(6, 71)},
        )
    ),
    "PDF: all objects packed, 60 MB": lambda: write_packed(
        {4: an_invoice()[4]},
        {number: text for number, text in an_invoice().items() if number != 4},
        stream=b"<<%b /Length %d>>\nstream\n%b\nendstream" % (_OBJECTS + _FLATE, len(_bomb(60)), _bomb(60)),
    ),
}


def write_sparse(path: Path, size: int, head: bytes = b"%PDF-1.7\n") -> None:
    """A file of so many bytes of which nearly none are on a disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
