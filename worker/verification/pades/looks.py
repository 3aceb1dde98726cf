"""How often something in a file looks like an object or a trailer to readers that go through it without its index."""

import re

from worker.verification.pades.syntax import Buffer

_WHITE = rb"[\0\t\n\f\r ]"
_ENDS = rb"obj(?![^\0\t\n\f\r ()<>\[\]{}/%])"
_NUMBERS = rb"(?<![0-9])[0-9]+" + _WHITE + rb"+[0-9]+" + _WHITE + rb"+"
_OBJECT, _WORD, _BEFORE = re.compile(_NUMBERS + _ENDS), re.compile(_ENDS), re.compile(_NUMBERS + rb"\Z")
_UNDECIDED = b"0123456789\0\t\n\f\r "
_TRAILER = re.compile(rb"trailer" + _WHITE + rb"*<<")
_NEAR = 64


def count_objects(content: Buffer, begin: int) -> int:
    """How many `n g obj` begin at this offset or later, wherever they stand."""
    # Words are found as fast as memory is read, digits are not: a signature and the room it leaves are full of them.
    count, is_number_before = 0, content[begin - 1 : begin].isdigit() if begin else False
    for word in _WORD.finditer(content, begin):
        first = max(begin, word.start() - _NEAR)
        near = content[first : word.start()]
        before = _BEFORE.search(near)
        if first > begin and (before.start() == 0 if before else not near.strip(_UNDECIDED)):
            # What came before `near` belongs to it as well.
            return sum(1 for _ in _OBJECT.finditer(content, begin))
        count += before is not None and not (before.start() == 0 and is_number_before)
    return count


def count_trailers(content: Buffer, begin: int) -> int:
    """How many times a trailer's dictionary seems to begin at this offset or later."""
    return sum(1 for _ in _TRAILER.finditer(content, begin))
