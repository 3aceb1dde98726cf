"""Contents of streams (ISO 32000-2 §7.4): Flate with PNG prediction, and nothing rarer."""

import zlib

from sandbox.pades.lossless.syntax import Dictionary, Unreadable, items_of, number_in

UP = 2  # the filter type of PNG that predicts a byte from the one above it (ISO/IEC 15948 §9.2)
FIRST_PNG_PREDICTOR = 10  # /Predictor 10 and more: each row begins with its filter type (§7.4.4.4)
LARGEST = 64 * 1024 * 1024  # bytes that an index or an object stream may unfold to


def decode(dictionary: Dictionary, content: bytes) -> bytes:
    """Return what a cross-reference or object stream holds; raises `Unreadable` for another filter than Flate."""
    filters = dictionary.get(b"/Filter") or b"null"
    named = items_of(filters) if filters.startswith(b"[") else [filters]
    if named in ([], [b"null"]):
        return content
    if named != [b"/FlateDecode"]:
        raise Unreadable("an index or object stream is encoded in a rare way")
    try:
        plain = zlib.decompressobj().decompress(content, LARGEST)
    except zlib.error as cause:
        raise Unreadable("a stream is damaged") from cause
    return _undo_prediction(dictionary.get(b"/DecodeParms") or b"null", plain)


def _undo_prediction(parameters: bytes, content: bytes) -> bytes:
    if parameters.startswith(b"["):
        (parameters,) = items_of(parameters)
    if not parameters.startswith(b"<<"):
        return content
    known = Dictionary.of(parameters)
    if number_in(known.get(b"/Predictor") or b"1") < FIRST_PNG_PREDICTOR:
        return content
    width = number_in(known.get(b"/Columns") or b"1")
    if not 0 < width <= len(content):
        return b""
    rows, above = [], bytes(width)
    for begin in range(0, len(content), width + 1):
        above = _row(content[begin], content[begin + 1 : begin + 1 + width], above)
        rows.append(above)
    return b"".join(rows)


def _row(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == UP:
        return bytes((byte + over) & 0xFF for byte, over in zip(row, above, strict=False))
    raise Unreadable("an index is predicted in a rare way")


def predict(rows: bytes, width: int) -> bytes:
    """Return rows of this width as PNG's `Up` filter writes them."""
    above, out = bytes(width), bytearray()
    for begin in range(0, len(rows), width):
        row = rows[begin : begin + width]
        out.append(UP)
        out += bytes((byte - over) & 0xFF for byte, over in zip(row, above, strict=True))
        above = row
    return bytes(out)
