"""References to objects that do not exist. They mean null (ISO 32000-2 §7.3.10) until somebody adds such an object.

Sealing numbers what it adds from the first free number on. A reference that waits there would be given a meaning
by the seal: at best it shows a certificate as a font, at worst another amount on the page.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import chain

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.original import Original
from worker.verification.pades.syntax import Buffer, Reference, Stream, Value

ADDED_BY_SEALING = 64
"""How many objects a seal with its store and archive timestamps may add; writers are known to add about 30."""

# Searching for the letter and reading backwards from it is sixty times faster than searching for numbers. Comments,
# digits and reach are bounded, so that no hostile file can make it slow.
_LETTER = re.compile(rb"R(?<=[\0\t\n\f\r ]R)(?![^\0\t\n\f\r ()<>\[\]{}/%])")
_BETWEEN = rb"(?:[\r\n][^\r\n]{0,200}%|[\0\t\n\f\r ])+"
_BACKWARDS = re.compile(rb"%b0{1,5}%b(\d{1,10})(?!\d)" % (_BETWEEN, _BETWEEN))
_REACH = 500


def find_numbers(text: Buffer) -> Iterator[int]:
    """Yield the object number of all that looks like a reference."""
    for letter in _LETTER.finditer(text):
        end = letter.start()
        number = _BACKWARDS.match(text[max(0, end - _REACH) : end][::-1])
        if number:
            yield int(number[1][::-1])


def has_dangling(numbers: AbstractSet[int], original: Original) -> bool:
    """Whether the document refers to objects beyond all that it has; `numbers` are all that it seems to refer to.

    Raises Rejected where sealing would supply them, and ValueError.
    """
    beyond = {number for number in numbers if number >= original.first_free}
    if beyond:
        # What looks like a reference may stand within a picture, or in an object that was replaced.
        with suppress(ValueError):
            objects = (original.object(Reference(number, 0)) for number in range(1, original.first_free))
            parts = chain((dict(original.trailer),), objects)
            beyond &= {number for part in parts for number in _references_in(part)}
    filled = {number for number in beyond if number < original.first_free + ADDED_BY_SEALING}
    if filled:
        listed = ", ".join(map(str, sorted(filled)))
        raise Rejected(
            Reason.INCOMPLETE, Text("there are references to objects that are not in the file: {listed}", listed=listed)
        )
    return bool(beyond)


def _references_in(value: Value) -> Iterator[int]:
    if isinstance(value, Reference):
        yield value.number
    elif isinstance(value, Stream):
        yield from _references_in(value.entries)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references_in(inner)
