"""PDF strings (ISO 32000-1 §7.3.4), with their escapes undone."""

import re
from mmap import mmap

_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def read_string(content: bytes | mmap, begin: int) -> tuple[bytes, int]:
    """Read a string with escapes or nested parentheses; `begin` is behind its opening one. Raises ValueError."""
    depth = 1
    for mark in _PARENTHESIS.finditer(content, begin):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            return _ESCAPE.sub(_unescape, content[begin : mark.start()]), mark.end()
    raise ValueError(f"the string at {begin} does not end")


def from_hex(text: bytes) -> bytes:
    """The bytes of a hexadecimal string; a last digit that is missing is zero. Raises ValueError."""
    digits = text.translate(None, b"\0\t\n\f\r ")
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _unescape(escape: re.Match[bytes]) -> bytes:
    text = escape[1]
    if text is None:
        return b"\n"
    return bytes([int(text, 8) & 255]) if text[:1].isdigit() and text[:1] < b"8" else _ESCAPED.get(text, text)
