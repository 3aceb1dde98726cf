"""Object streams (ISO 32000-2 §7.5.7): pairs of number and offset, then the objects themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.verification.pades.syntax import Stream, Value, read_value

_MAX_OUTLINE = 2_000_000
_BLANK = re.compile(rb"[\0\t\n\f\r ]*")
_COMMENT = re.compile(rb"%[^\r\n]*")


@dataclass(frozen=True, slots=True)
class ObjectStream:
    """A decoded object stream: where in it each object begins, by number, and in the order in which it lists them."""

    content: bytes = field(repr=False)
    offsets: Mapping[int, int]

    def value(self, number: int) -> Value:
        """The object of that number, None where it holds none. Raises ValueError."""
        return read_value(self.content, self.offsets[number])[0] if number in self.offsets else None

    def is_continuous(self) -> bool:
        """Whether the objects follow each other with nothing but blanks between them. Raises ValueError.

        Then it is the same whether a reader goes by the offsets or reads one object after the other.
        """
        position = min(self.offsets.values(), default=len(self.content))
        if len(self.content[:position].split()) != 2 * len(self.offsets):
            return False
        for offset in self.offsets.values():
            if position > offset or not _BLANK.fullmatch(self.content, position, offset):
                return False
            _, position = read_value(self.content, offset)
        return _BLANK.fullmatch(self.content, position) is not None


def read_object_stream(stream: Stream) -> ObjectStream:
    """Read the outline of an object stream. Raises ValueError for what is none.

    One that extends another is read like all: the cross-reference names the stream of each object itself.
    """
    if stream.entries.get("Type") != "ObjStm":
        raise ValueError("an object stream is none")
    return read_outline(stream.decode(), stream.entries["First"])


def read_outline(content: bytes, first: int) -> ObjectStream:
    """Read the outline of a decoded one, whose first object begins at `first`. Raises ValueError."""
    # qpdf, asked for a readable file, numbers the objects in comments between the pairs (§7.2.4: they are blanks).
    if first > _MAX_OUTLINE:
        raise ValueError("an object stream holds too many objects")
    pairs = [int(item) for item in _COMMENT.sub(b" ", content[:first]).split()]
    offsets = dict(zip(pairs[::2], (first + offset for offset in pairs[1::2]), strict=True))
    if len(offsets) * 2 != len(pairs):
        raise ValueError("an object stream holds an object twice")
    return ObjectStream(content, offsets)
