"""The original inside its sealed file: what its objects were before anyone appended to them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from mmap import mmap

from worker.verification.pades.crossref import ObjectPlace, Packed
from worker.verification.pades.index import ForgivingIndex, Index, PlainIndex
from worker.verification.pades.objects import MOST_REMEMBERED, read_object
from worker.verification.pades.packing import ObjectStream, read_object_stream
from worker.verification.pades.syntax import Buffer, Reference, Stream, Value, read_indirect

_END = re.compile(rb"startxref[\0\t\n\f\r ]*(\d+)[\0\t\n\f\r ]*%%EOF")
_LAST = 1024
_BETWEEN = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])+"
_REFERRING = re.compile(rb"R(?<=[\0\t\n\f\r ]R)(?![^\0\t\n\f\r ()<>\[\]{}/%])")
"""What every reference ends with: it is found as fast as memory is read."""
_REFERENCE = re.compile(rb"(?<![0-9])([0-9]+)" + _BETWEEN + rb"[0-9]+" + _BETWEEN + rb"R\Z")
_FILLED = re.compile(_BETWEEN + rb"(?:[0-9]+" + _BETWEEN + rb")?R\Z")
"""So much blank before it, or comment, that nobody looks for where the reference begins: it may be to anything."""
_ENDOBJ = b"endobj"
_LINE_BREAK = re.compile(rb"[\r\n]")
_NEAREST, _NEAR, _FAR = 24, 64, 4096


class Original:
    """The first bytes of a sealed file, as somebody's software wrote them.

    Well-made cross-references are read here; pyHanko, which forgives and takes milliseconds, reads the rest. A question
    about an original that even pyHanko cannot read raises ValueError, or whatever pyHanko stumbled over.
    """

    def __init__(self, content: mmap) -> None:
        self.content = content
        self._objects: dict[Reference, Value] = {}
        self._known: dict[int, ObjectPlace | None] = {}
        self._containers: dict[int, ObjectStream] = {}

    @cached_property
    def newest(self) -> int | None:
        """Offset of the newest cross-reference section, as the file's last lines say it."""
        found = _END.findall(self.content[max(0, len(self.content) - _LAST) :])
        return int(found[-1]) if found else None

    @property
    def trailer(self) -> Mapping[str, Value]:
        """The newest trailer; what it forgets to repeat is taken from an older one."""
        return self._index.trailer

    @property
    def first_free(self) -> int:
        """The smallest number that no object has, nor any later one; a trailer may say less than its tables."""
        return self._index.first_free

    def place(self, number: int) -> ObjectPlace | None:
        """Where the newest object of that number is, None where there is none."""
        # Whether an object is new is asked again and again, of few numbers.
        if number not in self._known:
            self._known[number] = next(self._places(number))
        return self._known[number]

    def object(self, reference: Reference) -> Value:
        """The object in the original's newest revision, None where there is none (ISO 32000-2 §7.3.10)."""
        if reference in self._objects:
            return self._objects[reference]
        stumble: ValueError | None = None
        for place in self._places(reference.number):
            try:
                self._objects[reference] = self._read(place, reference)
            except ValueError as error:
                stumble = error
            else:
                return self._objects[reference]
        raise stumble or ValueError(f"object {reference.number} of the original cannot be found")

    def resolve(self, value: Value) -> Value:
        """The value itself, or the object it refers to."""
        return self.object(value) if isinstance(value, Reference) else value

    def mentions(self, numbers: Iterable[int]) -> bool:
        """Whether something that looks like a reference to one of these objects stands anywhere in the original.

        A reference to nothing is null (§7.3.10), until somebody appends an object of its number: then that is shown.
        Streams are not told from objects here, so a picture may look like a reference; what is packed is unpacked.
        """
        wanted = frozenset(numbers)
        if _is_mentioned(wanted, self.content):
            return True
        return any(_is_mentioned(wanted, self._container(number).content) for number in self._index.containers)

    def require_unmentioned(self, numbers: Iterable[int]) -> None:
        """Nothing looks like a reference to one of these objects. Raises ValueError where something does."""
        if self.mentions(numbers):
            raise ValueError("something in the original may refer to an object that was added")

    @cached_property
    def _index(self) -> Index:
        try:
            return PlainIndex(self.content, self.newest)
        except (ValueError, KeyError, TypeError, IndexError):
            return self._fallback

    @cached_property
    def _fallback(self) -> Index:
        return ForgivingIndex(self.content)

    def _places(self, number: int) -> Iterator[ObjectPlace | None]:
        """Yield what the index says, and what the forgiving one makes of it, where they are two."""
        with suppress(ValueError):
            yield self._index.place(number)
        if self._index is not self._fallback:
            yield self._fallback.place(number)

    def _read(self, place: ObjectPlace | None, reference: Reference) -> Value:
        if place is None:
            return None
        if isinstance(place, Packed):
            return self._container(place.container).value(reference.number) if reference.generation == 0 else None
        try:
            limit = self.content.find(_ENDOBJ, place.offset, place.offset + MOST_REMEMBERED) + len(_ENDOBJ)
            found, value, _ = read_object(self.content, place.offset, limit)
        except ValueError:
            # Its length stands in another object, it is long, or holds that word inside.
            found, value, _ = read_indirect(self.content, place.offset, self.resolve)
        if found.number != reference.number:
            raise ValueError(f"object {reference.number} of the original is not where it should be")
        return value if found == reference else None

    def _container(self, number: int) -> ObjectStream:
        if number not in self._containers:
            container = self.object(Reference(number, 0))
            if not isinstance(container, Stream):
                raise ValueError(f"object {number} of the original holds no objects")
            self._containers[number] = read_object_stream(container)
        return self._containers[number]


def _is_mentioned(numbers: frozenset[int], content: Buffer) -> bool:
    for mark in _REFERRING.finditer(content):
        near = content[max(0, mark.end() - _NEAREST) : mark.end()]
        begin = max(near.rfind(b"\n"), near.rfind(b"\r")) + 1
        words = near[begin:].split()
        # Nearly all stand on one line, where no comment ends; a word or line break before the number shows all of it.
        if len(words) + (begin > 0) > len(("n", "g", "R")) and words[-3].isdigit() and words[-2].isdigit():
            if int(words[-3]) in numbers:
                return True
        elif _is_mentioned_at(mark.end(), numbers, content):
            return True
    return False


def _is_mentioned_at(end: int, numbers: frozenset[int], content: Buffer) -> bool:
    """Whether one of them is what ends there, or cannot be told not to be."""
    far = content[max(0, end - _FAR) : end]
    found = _REFERENCE.search(far[-_NEAR:])
    if found is None or found.start() == 0:
        found = _REFERENCE.search(far)
        if found is None and _FILLED.fullmatch(far[far.find(b"\n") + 1 :]):
            return True
    if found is None or len(found[1]) >= _NEAR:
        return False
    if _LINE_BREAK.search(found[0]) and _in_comment(far[: -len(found[0])]):
        # The comment hides the number that is meant, and another stands at its end.
        return True
    return int(found[1]) in numbers


def _in_comment(before: bytes) -> bool:
    """Whether what follows these bytes may stand in a comment."""
    return b"%" in _LINE_BREAK.split(before)[-1]
