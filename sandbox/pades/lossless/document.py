"""One PDF: its objects by number, its catalogue and its first page. § are those of ISO 32000-2."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.pades.lossless.cross_reference import FREE, PACKED, CrossReference, read_cross_reference, read_object
from sandbox.pades.lossless.streams import decode
from sandbox.pades.lossless.syntax import (
    Dictionary,
    Reference,
    Unreadable,
    end_of_value,
    items_of,
    number_in,
    reference_in,
    skip_blanks,
)
from sandbox.pades.numbering import next_free_number

DEEPEST = 100  # nodes from a root to a leaf
SIGNED = b"/ByteRange"


@dataclass(frozen=True, slots=True)
class Indirect:
    """A dictionary and the indirect object that it is."""

    number: int
    generation: int
    dictionary: Dictionary


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF and its cross-reference; every value is the bytes it is written with."""

    content: bytes = field(repr=False)
    index: CrossReference = field(repr=False)
    _packed: dict[int, dict[int, bytes]] = field(default_factory=dict, repr=False)  # by object stream and number

    @classmethod
    def of(cls, content: bytes) -> "Pdf":
        """Read the cross-reference; raises `Unreadable`."""
        return cls(content, read_cross_reference(content))

    @property
    def size(self) -> int:
        """Return the lowest number above all objects: the trailer's `/Size`, unless that is too low."""
        used = max((number for number, place in self.index.places.items() if place.kind != FREE), default=0)
        return max(number_in(self.index.trailer.get(b"/Size") or b"0"), used + 1)

    @property
    def next_number(self) -> int:
        """Return a number from which on objects may be added."""
        return next_free_number(self.content, self.size)

    def value(self, number: int) -> bytes:
        """Return the value of an object; null where there is none (§7.3.10)."""
        place = self.index.places.get(number)
        if place is None or place.kind == FREE:
            return b"null"
        if place.kind == PACKED:
            return self._object_stream(place.where).get(number, b"null")
        found, value, _ = read_object(self.content, place.where)
        if found != number:
            raise Unreadable(f"object {number} is not where the cross-reference has it")
        return value

    def follow(self, value: bytes | None) -> bytes:
        """Return what a value is once references are followed; null where nothing is."""
        for _ in range(DEEPEST):
            reference = reference_in(value) if value else None
            if reference is None:
                return value or b"null"
            value = self.value(reference[0])
        raise Unreadable("references go in a circle")

    def dictionary(self, value: bytes | None) -> Dictionary:
        """Return the dictionary that a value is or leads to, an empty one for any other value."""
        found = self.follow(value)
        return Dictionary.of(found) if found.startswith(b"<<") else Dictionary(())

    def items(self, value: bytes | None) -> list[bytes]:
        """Return the values of the array that a value is or leads to, nothing for any other value."""
        found = self.follow(value)
        return items_of(found) if found.startswith(b"[") else []

    def indirect(self, reference: bytes | None) -> Indirect:
        """Return the dictionary behind a reference; raises `Unreadable` where there is none."""
        named = reference_in(reference) if reference else None
        if named is None:
            raise Unreadable("a reference is expected")
        return Indirect(*named, Dictionary.of(self.value(named[0])))

    @property
    def is_signed(self) -> bool:
        """Say whether somebody signed already."""
        return SIGNED in self.content

    def array_behind(self, value: bytes | None) -> Reference | None:
        """Return the reference of the array that a value leads to; None where it stands here, or is none."""
        return self._behind(value, b"[")

    def dictionary_behind(self, value: bytes | None) -> Reference | None:
        """Return the reference of the dictionary that a value leads to; None where it stands here, or is none."""
        return self._behind(value, b"<<")

    def _behind(self, value: bytes | None, opening: bytes) -> Reference | None:
        last = None
        for _ in range(DEEPEST):
            reference = reference_in(value) if value else None
            if reference is None:
                return last if value and value.startswith(opening) else None
            last, value = reference, self.value(reference[0])
        raise Unreadable("references go in a circle")

    @property
    def catalogue(self) -> Indirect:
        """Return the root of the document (§7.7.2)."""
        return self.indirect(self.index.trailer.get(b"/Root"))

    def first_page(self) -> Indirect:
        """Return the first leaf of the page tree (§7.7.3); raises `Unreadable`."""
        node = self.indirect(self.catalogue.dictionary.get(b"/Pages"))
        for _ in range(DEEPEST):
            if (kids := node.dictionary.get(b"/Kids")) is None:
                return node
            references = [kid for kid in self.items(kids) if self.follow(kid).startswith(b"<<")]
            if not references:
                break
            node = self.indirect(references[0])
        raise Unreadable("there is no page")

    def stream(self, number: int) -> tuple[Dictionary, bytes]:
        """Return a stream's dictionary and its content as encoded (§7.3.8); raises `Unreadable` where there is none."""
        place = self.index.places.get(number)
        if place is None or place.kind in {FREE, PACKED}:
            raise Unreadable("a stream is not there")
        dictionary = Dictionary.of(read_object(self.content, place.where)[1])
        length = number_in(self.follow(dictionary.get(b"/Length")))
        return dictionary, read_object(self.content, place.where, length)[2] or b""

    def objects(self) -> Iterator[tuple[Reference, bytes]]:
        """Yield every object with its number and generation; unreadable ones are passed over."""
        for number, place in self.index.places.items():
            if number and place.kind != FREE:
                try:
                    yield (number, place.rank if place.kind != PACKED else 0), self.value(number)
                except Unreadable:
                    continue

    def _object_stream(self, number: int) -> dict[int, bytes]:
        """Return the objects in an object stream by number (§7.5.7)."""
        if number not in self._packed:
            self._packed[number] = dict(self._unpack(number))
        return self._packed[number]

    def _unpack(self, number: int) -> Iterator[tuple[int, bytes]]:
        dictionary, content = self.stream(number)
        text = decode(dictionary, content)
        first = number_in(self.follow(dictionary.get(b"/First")))
        heads = [number_in(word) for word in text[:first].split()]
        for held, offset in zip(heads[::2], heads[1::2], strict=True):
            begin = skip_blanks(text, first + offset)
            yield held, text[begin : end_of_value(text, begin)]
