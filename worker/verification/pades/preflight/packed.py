"""Object streams and cross-reference streams (ISO 32000-2 §7.5.7 and §7.5.8), unpacked within one budget for a file.

Whoever reads the file has to unpack them all, and three megabytes can hold three gigabytes. So this is done first,
without trusting the cross-reference: a stream counts wherever it stands in the file.
"""

import re
import zlib
from collections.abc import Iterator

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.syntax import Buffer, Name, Value, read_value

MAX_STREAM = 50_000_000
"""Bytes that one such stream may unpack to."""
MAX_UNPACKED = 256_000_000
"""Bytes that all of them in one file may unpack to together."""

_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_KIND = re.compile(rb"/(?:ObjStm|XRef)(?!%b)" % _REGULAR)
_ESCAPED = re.compile(rb"/(?=[^\0\t\n\f\r ()<>\[\]{}/%%#]{0,6}#)%b{1,24}" % _REGULAR)
_STREAM = re.compile(rb"[\0\t\n\f\r ]*stream\r?\n")
_DICTIONARY_REACH = 65_536
_PIECE = 262_144


def unpack(content: Buffer, budget: int = MAX_UNPACKED) -> Iterator[bytes]:
    """Yield what each such stream holds. Raises Rejected where all together hold more than the budget.

    A stream that cannot be unpacked is passed over: whether anybody needs it is the reader's question.
    """
    for kind in _find_kinds(content):
        found = _find_stream(content, kind)
        if found is None:
            continue
        begin, filters = found
        if filters in ([], [Name("FlateDecode")]):
            unpacked = _inflate(content, begin, min(budget, MAX_STREAM)) if filters else b""
        else:
            raise Rejected(
                Reason.TOO_COMPLEX, Text("its objects are packed with {filters}", filters=", ".join(map(str, filters)))
            )
        budget -= len(unpacked)
        yield unpacked


def _find_kinds(content: Buffer) -> Iterator[int]:
    """Yield where a dictionary calls itself the one or the other; `#xx` may spell any letter (ISO 32000-2 §7.3.5)."""
    for name in _KIND.finditer(content):
        yield name.start()
    for name in _ESCAPED.finditer(content):
        if _KIND.fullmatch(re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), name[0])):
            yield name.start()


def _find_stream(content: Buffer, inside: int) -> tuple[int, list[Value]] | None:
    """Where the bytes of the stream begin whose dictionary reaches over this offset, and its filters."""
    header = content.rfind(b"obj", max(0, inside - _DICTIONARY_REACH), inside)
    try:
        entries, end = read_value(content, header + len(b"obj"))
    except ValueError:
        return None
    begin = _STREAM.match(content, end)
    if header < 0 or end < inside or begin is None or not isinstance(entries, dict):
        return None
    filters = entries.get("Filter") or []
    return begin.end(), filters if isinstance(filters, list) else [filters]


def _inflate(content: Buffer, begin: int, limit: int) -> bytes:
    """What is deflated from here on, piece by piece, so that no more is ever held than the limit allows."""
    inflater, parts, held = zlib.decompressobj(), [], 0
    while piece := inflater.unconsumed_tail or content[begin : begin + _PIECE]:
        begin += 0 if inflater.unconsumed_tail else len(piece)
        try:
            parts.append(inflater.decompress(piece, _PIECE))
        except zlib.error:
            break
        held += len(parts[-1])
        if held > limit:
            raise Rejected(Reason.TOO_COMPLEX, Text("its structure unpacks to more than can be checked"))
        if inflater.eof:
            break
    return b"".join(parts)
