"""The objects that one revision changes or adds."""

from collections.abc import Sequence

from sandbox.pades.lossless.document import Indirect, Pdf
from sandbox.pades.lossless.syntax import Dictionary
from sandbox.pades.revision import PdfObject


class Changes:
    """What one revision writes, by number; a changed object changes further."""

    def __init__(self, pdf: Pdf, objects: Sequence[PdfObject] = (), reserved: int = 0) -> None:
        """Begin with these objects, and a number that is reserved for another."""
        self.pdf = pdf
        self._next = max(pdf.next_number, reserved + 1, *(one.number + 1 for one in objects), 0)
        self._objects = {one.number: one for one in objects}

    @property
    def objects(self) -> tuple[PdfObject, ...]:
        """Return them in the order in which they came."""
        return tuple(self._objects.values())

    def new_number(self) -> int:
        """Return the number of an object that is yet to be written."""
        self._next += 1
        return self._next - 1

    def write(self, one: PdfObject) -> None:
        """Write an object, in the place of what was written under its number."""
        self._objects[one.number] = one

    def current(self, known: Indirect) -> Dictionary:
        """Return the dictionary as it is by now."""
        written = self._objects.get(known.number)
        return Dictionary.of(written.value) if written else known.dictionary

    def set(self, known: Indirect, name: bytes, value: bytes) -> None:
        """Change one entry of an indirect dictionary."""
        changed = self.current(known).with_entry(name, value)
        self.write(PdfObject(known.number, known.generation, changed.to_bytes()))

    def append(self, array: bytes | None, item: bytes) -> bytes | None:
        """Append to the array that a value is or leads to.

        Return what must stand in the value's place; None where the array is an object of its own, which is written.
        """
        reference = self.pdf.array_behind(array)
        written = self._objects.get(reference[0]) if reference else None
        grown = b"[%b]" % b" ".join([*self.pdf.items(written.value if written else array), item])
        if reference:
            self.write(PdfObject(*reference, grown))
            return None
        return grown

    def repeat(self, *known: Indirect) -> None:
        """Write these again as they are."""
        for one in known:
            if one.number not in self._objects:
                self.write(PdfObject(one.number, one.generation, self.pdf.value(one.number)))
