"""Laying out one more revision (ISO 32000-2 §7.5.6) in a library's style.

The kind of cross-reference is the file's own: a section of the other kind behind it would be read by most, and not
by Acrobat (§7.5.8.2: `/Prev` of a stream leads to a stream).
"""

import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from sandbox.pades.lossless.cross_reference import FREE, PACKED, PLAIN, IndexEntry
from sandbox.pades.lossless.document import Pdf
from sandbox.pades.lossless.streams import predict
from sandbox.pades.lossless.style import Style
from sandbox.pades.placeholder import TO_BE_FILLED
from sandbox.pades.revision import OFFSET_BYTES, PdfObject, Revision, Tail

HEAD_OF_FREE = IndexEntry(FREE, 0, 65_535)  # object 0 (§7.5.4)
FREED = IndexEntry(FREE, 0, 65_534)  # as iText 5 enters its own index
PER_REVISION = (b"/Size", b"/Prev", b"/ID", b"/XRefStm")
OF_A_STREAM = (b"/Type", b"/W", b"/Index", b"/Length", b"/Filter", b"/DecodeParms", b"/DL")
WIDTHS = (1, OFFSET_BYTES, 2)


def lay_out(pdf: Pdf, objects: Sequence[PdfObject], style: Style) -> Revision:
    """Return the bytes to append; numbers from the document's next one on are new."""
    return _Layout(pdf, style, max(pdf.size, *(one.number + 1 for one in objects))).revision(objects)


class _Layout:
    """One revision while it is written: bytes so far, and where each object has come to lie."""

    def __init__(self, pdf: Pdf, style: Style, size: int) -> None:
        self._pdf, self._style, self._size = pdf, style, size
        self._out = bytearray(b"\n")
        self._places: dict[int, IndexEntry] = {}

    def revision(self, objects: Sequence[PdfObject]) -> Revision:
        # Behind a table a signature and its field stay where a reader finds them that knows no streams.
        signs = any(TO_BE_FILLED in one.value for one in objects)
        packs = self._style.packs and (self._pdf.index.is_stream or (self._style.hides and not signs))
        packed = [one for one in objects if packs and self._is_packable(one)]
        for one in objects:
            if one not in packed:
                self._write(one)
        if packed:
            self._write_packed(packed)
        if self._pdf.index.is_stream:
            startxref = self._here
            self._write_index(self._new_number(), self._earlier_places | self._places, self._trailer())
        else:
            startxref = self._write_table(packed)
        self._out += b"startxref\n%d\n%%%%EOF\n" % startxref
        offsets = {number: place.where for number, place in self._places.items() if place.kind == PLAIN}
        length = len(self._pdf.content) + len(self._out)
        return Revision(bytes(self._out), offsets, Tail(length, startxref, self._size, self._pdf.index.is_stream, b""))

    def _is_packable(self, one: PdfObject) -> bool:
        """Say whether the object may lie in an object stream (§7.5.7): no stream may, nor what is filled in later."""
        if one.generation or one.value.endswith(b"endstream") or TO_BE_FILLED in one.value:
            return False
        return self._pdf.index.is_stream or one.number not in self._pdf.index.places

    @property
    def _here(self) -> int:
        return len(self._pdf.content) + len(self._out)

    @property
    def _earlier_places(self) -> dict[int, IndexEntry]:
        """Return what the index says again, but never of a signature.

        pyHanko takes a signature that is listed again for one of the later revision, which it does not cover.
        """
        return self._pdf.index.places if self._style.rewrites and not self._pdf.is_signed else {}

    def _new_number(self) -> int:
        self._size += 1
        return self._size - 1

    def _write(self, one: PdfObject) -> None:
        self._places[one.number] = IndexEntry(PLAIN, self._here, one.generation)
        self._out += b"%d %d obj\n%b\nendobj\n" % (one.number, one.generation, one.value)

    def _write_packed(self, objects: Sequence[PdfObject]) -> None:
        """Write an object stream (§7.5.7): pairs of number and offset, then the values."""
        offset, pairs = 0, []
        for one in objects:
            pairs.append(b"%d %d" % (one.number, offset))
            offset += len(one.value) + 1
        head = b" ".join(pairs) + b" "
        content = zlib.compress(head + b" ".join(one.value for one in objects))
        shape = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(objects), len(head))
        holder = self._new_number()
        self._write(stream_object(holder, content, shape))
        for rank, one in enumerate(objects):
            self._places[one.number] = IndexEntry(PACKED, holder, rank)

    def _write_table(self, packed: Sequence[PdfObject]) -> int:
        hidden = b""
        if packed:
            hidden = b" /XRefStm %d" % self._here
            places = {one.number: self._places[one.number] for one in packed}
            self._write_index(self._new_number(), places, b" /Size %d" % self._size)
        shown = {number: place for number, place in self._places.items() if place.kind == PLAIN}
        shown = {number: place for number, place in self._earlier_places.items() if place.kind != PACKED} | shown
        startxref = self._here
        self._out += b"xref\n"
        for section in _sections({0: HEAD_OF_FREE} | shown):
            self._out += b"%d %d\n" % (section[0][0], len(section))
            for _, place in section:
                self._out += b"%010d %05d %b \n" % (place.where, place.rank, b"n" if place.kind == PLAIN else b"f")
        self._out += b"trailer\n<<%b%b>>\n" % (self._trailer(), hidden)
        return startxref

    def _write_index(self, number: int, places: dict[int, IndexEntry], trailer: bytes) -> None:
        """Write a cross-reference stream (§7.5.8), which knows itself too."""
        own = FREED if self._style.frees_itself else IndexEntry(PLAIN, self._here, 0)
        sections = list(_sections({0: HEAD_OF_FREE, number: own} | places))
        entries = ((one.kind, one.where, one.rank) for section in sections for _, one in section)
        rows = b"".join(
            part.to_bytes(width, "big") for entry in entries for part, width in zip(entry, WIDTHS, strict=True)
        )
        index = b" ".join(b"%d %d" % (section[0][0], len(section)) for section in sections)
        shape = b"/Type /XRef /W [%d %d %d] /Index [%b]" % (*WIDTHS, index)
        if self._style.predicts:
            rows = zlib.compress(predict(rows, sum(WIDTHS)))
            shape += b" /Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns %d>>" % sum(WIDTHS)
        self._write(stream_object(number, rows, shape + trailer))

    def _trailer(self) -> bytes:
        """Return the entries that every trailer repeats; only the second half of `/ID` changes (§14.4)."""
        lasting = self._pdf.index.trailer.without(*PER_REVISION, *OF_A_STREAM).inner()
        fresh = b"<%b>" % secrets.token_hex(16).encode("ascii")
        former = self._pdf.items(self._pdf.index.trailer.get(b"/ID")) or [fresh]
        numbers = (self._size, self._pdf.index.startxref)
        return b"%b /ID [%b %b] /Size %d /Prev %d" % (lasting, former[0], fresh, *numbers)


def _sections(places: Mapping[int, IndexEntry]) -> Iterator[list[tuple[int, IndexEntry]]]:
    """Yield runs of consecutive numbers."""
    for _, run in groupby(enumerate(sorted(places.items())), key=lambda pair: pair[1][0] - pair[0]):
        yield [one for _, one in run]


def stream_object(number: int, content: bytes, shape: bytes = b"", length: bytes | None = None) -> PdfObject:
    """Return a stream with these further entries; its length is stated, or stands where `length` says."""
    stated = length or b"%d" % len(content)
    return PdfObject(number, 0, b"<<%b /Length %b>>\nstream\n%b\nendstream" % (shape, stated, content))
