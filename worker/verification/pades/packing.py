"""Object streams (ISO 32000-2 §7.5.7): pairs of number and offset, then the objects themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.verification.pades.syntax import Stream, Value, read_value


@dataclass(frozen=True, slots=True)
class ObjectStream:
    """A decoded object stream: where in it each object begins, by number."""

    content: bytes = field(repr=False)
    offsets: Mapping[int, int]

    def value(self, number: int) -> Value:
        """The object of that number, None where it holds none. Raises ValueError."""
        return read_value(self.content, self.offsets[number])[0] if number in self.offsets else None


def read_object_stream(stream: Stream) -> ObjectStream:
    """Read the outline of an object stream. Raises ValueError for what is none, or one that extends another."""
    if stream.entries.get("Type") != "ObjStm" or "Extends" in stream.entries:
        raise ValueError("an object stream is none, or extends another")
    return read_outline(stream.decode(), stream.entries["First"])


def read_outline(content: bytes, first: int) -> ObjectStream:
    """Read the outline of a decoded one, whose first object begins at `first`. Raises ValueError."""
    pairs = [int(item) for item in content[:first].split()]
    offsets = dict(zip(pairs[::2], (first + offset for offset in pairs[1::2]), strict=True))
    if len(offsets) * 2 != len(pairs):
        raise ValueError("an object stream holds an object twice")
    return ObjectStream(content, offsets)
