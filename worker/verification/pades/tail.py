"""What was appended to the original, revision by revision (ISO 32000-2 §7.5.6), and the document after each of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from worker.verification.pades.crossref import ObjectPlace
from worker.verification.pades.gaps import Gap
from worker.verification.pades.syntax import Reference, Value


class OriginalView(Protocol):
    """The original, whoever reads it."""

    @property
    def trailer(self) -> Mapping[str, Value]:
        """The newest trailer."""

    def object(self, reference: Reference) -> Value:
        """The object, None where there is none. Raises ValueError."""

    def place(self, number: int) -> ObjectPlace | None:
        """Where the newest object of that number is, None where there is none."""

    def require_unmentioned(self, numbers: Iterable[int]) -> None:
        """Nothing refers to one of these objects. Raises Rejected, or ValueError where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One incremental update, and every object it writes save its own index and object streams.

    It ends behind its `%%EOF` at `end`; white space may follow up to `limit`.
    """

    end: int
    limit: int
    trailer: Mapping[str, Value] = field(repr=False)
    objects: Mapping[Reference, Value] = field(repr=False)
    places: Mapping[int, ObjectPlace] = field(repr=False)
    carriers: frozenset[int]
    """The numbers of its object streams and cross-reference streams, which say nothing more by themselves."""
    gaps: Mapping[Reference, Gap] = field(repr=False)


@dataclass(frozen=True)
class PdfState:
    """The document as it stands after so many of the appended revisions; after none it is the original."""

    original: OriginalView
    revisions: tuple[Revision, ...]

    @cached_property
    def trailer(self) -> Mapping[str, Value]:
        """The newest trailer."""
        return self.revisions[-1].trailer if self.revisions else self.original.trailer

    @cached_property
    def root(self) -> Reference:
        """The reference of the catalogue. Raises KeyError where there is none."""
        reference: Reference = self.trailer["Root"]
        return reference

    @cached_property
    def catalogue(self) -> Mapping[str, Value]:
        """The document's catalogue (§7.7.2). Raises Rejected where it is no dictionary."""
        return self.dictionary(self.root)

    def object(self, reference: Reference) -> Value:
        """The object, None where there is none."""
        for revision in reversed(self.revisions):
            if reference in revision.objects:
                return revision.objects[reference]
        return self.original.object(reference)

    def resolve(self, value: Value) -> Value:
        """The value itself, or the object it refers to."""
        for _ in range(10):
            if not isinstance(value, Reference):
                return value
            value = self.object(value)
        raise ValueError("references lead to references without end")

    def dictionary(self, value: Value) -> Mapping[str, Value]:
        """The dictionary that this is, or refers to; an empty one for null. Raises ValueError for all else."""
        found = self.resolve(value)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ValueError("something else stands where a dictionary should")  # noqa: TRY004 - the file is wrong
        return found

    def array(self, value: Value) -> list[Value]:
        """The array that this is, or refers to; an empty one for null. Raises ValueError for all else."""
        found = self.resolve(value)
        if found is None:
            return []
        if not isinstance(found, list):
            raise ValueError("something else stands where an array should")  # noqa: TRY004 - the file is wrong
        return found

    def place(self, number: int) -> ObjectPlace | None:
        """Where the newest object of that number is, None where there is none."""
        for revision in reversed(self.revisions):
            if number in revision.places:
                return revision.places[number]
        return self.original.place(number)


@dataclass(frozen=True, slots=True)
class Tail:
    """The original and the revisions behind it, oldest first."""

    original: OriginalView
    revisions: tuple[Revision, ...]

    def after(self, count: int) -> PdfState:
        """The document after the first `count` revisions."""
        return PdfState(self.original, self.revisions[:count])

    @property
    def newest(self) -> PdfState:
        """The document as readers show it."""
        return self.after(len(self.revisions))
