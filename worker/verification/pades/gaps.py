"""The room that a signature leaves for its own value (ISO 32000-1 §12.8.1)."""

import re
from binascii import unhexlify
from dataclasses import dataclass, field
from mmap import mmap

_BYTE_RANGE = re.compile(
    rb"/ByteRange[\0\t\n\f\r ]*\[[\0\t\n\f\r ]*0[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a signature's `/Contents` stands in the file, from its `<` up to and including its `>`, and its bytes."""

    begin: int
    end: int
    contents: bytes = field(repr=False)


def find_gap(content: mmap, begin: int, limit: int) -> Gap | None:
    """Find the gap that an object within these bounds says to leave; None where no plain hexadecimal string is."""
    found = _BYTE_RANGE.search(content[begin:limit])
    if found is None or not begin < int(found[1]) < int(found[2]) <= limit:
        return None
    first, last = int(found[1]), int(found[2])
    text = content[first:last]
    try:
        return Gap(first, last, unhexlify(text[1:-1])) if text[:1] + text[-1:] == b"<>" else None
    except ValueError:
        return None
