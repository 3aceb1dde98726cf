"""What stands behind a stream's `/FlateDecode` (ISO 32000-2 §7.4.4), within limits: a small file may hold gigabytes."""

import zlib
from collections.abc import Mapping
from typing import Any

_MAX_DECODED = 50_000_000
_PNG = 10
_BYTE = 8


def inflate(encoded: bytes) -> bytes:
    """Undo the Deflate compression. Raises ValueError where it cannot be, or is too much."""
    inflater = zlib.decompressobj()
    try:
        decoded = inflater.decompress(encoded, _MAX_DECODED)
    except zlib.error as error:
        raise ValueError(f"a stream cannot be inflated: {error}") from error
    if inflater.unconsumed_tail:
        raise ValueError("a stream is too large")
    return decoded


def undo_predictor(decoded: bytes, parameters: Mapping[str, Any]) -> bytes:
    """Undo a PNG predictor (§7.4.4.4), as cross-reference streams have them. Raises ValueError for all others."""
    predictor = parameters.get("Predictor", 1)
    if predictor == 1:
        return decoded
    one_byte = parameters.get("Colors", 1) == 1 and parameters.get("BitsPerComponent", _BYTE) == _BYTE
    if predictor < _PNG or not one_byte:
        raise ValueError(f"a stream has the predictor {predictor}")
    width = parameters.get("Columns", 1)
    if len(decoded) % (width + 1):
        raise ValueError("a stream has rows of different widths")
    row, rows = bytes(width), []
    for begin in range(0, len(decoded), width + 1):
        row = _undo_row(decoded[begin], decoded[begin + 1 : begin + 1 + width], row)
        rows.append(row)
    return b"".join(rows)


def _undo_row(kind: int, row: bytes, above: bytes) -> bytes:
    """One row of PNG (ISO/IEC 15948 §9.2), one byte a pixel. Raises ValueError for an unknown kind."""
    if kind == 0:
        return row
    if kind == 2:  # noqa: PLR2004 - the standard's own numbers
        return bytes((one + up) & 255 for one, up in zip(row, above, strict=True))
    if kind not in {1, 3, 4}:
        raise ValueError(f"a stream has a row of the unknown kind {kind}")
    out = bytearray()
    left = corner = 0
    for one, up in zip(row, above, strict=True):
        estimate = left + up - corner
        paeth = min((left, up, corner), key=lambda one: abs(estimate - one))
        guess = {1: left, 3: (left + up) // 2, 4: paeth}[kind]
        left, corner = (one + guess) & 255, up
        out.append(left)
    return bytes(out)
