"""What an appended revision may change: sealing adds a signature, later proofs add a security store, and nothing else.

This is what stands between a reader and a shadow attack: content swapped, hidden or overlaid in a revision
that the signature does not cover, or that only pretends to add a seal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.verification.pades.metadata import is_restamped
from worker.verification.pades.store import Store, read_store
from worker.verification.pades.syntax import Reference, Value
from worker.verification.pades.tail import Revision, Tail
from worker.verification.refusal import require

_SEALING_CATALOGUE = {"AcroForm", "Extensions", "Version", "Perms"}
_PROVING_CATALOGUE = {"DSS", "Extensions"}
_FORM = {"Fields", "SigFlags", "DR", "DA"}
_SIGNED_FIELD = {"V", "AP"}
_TOUCHED_INFORMATION = {"ModDate", "Producer"}


def require_sealing(tail: Tail, index: int) -> None:
    """The revision adds a signature field with its value and changes nothing else. Raises Rejected."""
    step = _Step(tail, index)
    step.require_sound()
    step.require_catalogue(_SEALING_CATALOGUE)
    step.require_form()
    for reference in step.overridden():
        require(step.is_sealing(reference), f"sealing changed object {reference.number} of the document")


def require_proving(tail: Tail, index: int) -> Store:
    """The revision adds to the security store and changes nothing else. Raises Rejected and ValueError."""
    step = _Step(tail, index)
    step.require_sound()
    step.require_catalogue(_PROVING_CATALOGUE)
    earlier, store = step.store(index), step.store(index + 1)
    require(store.evidence.covers(earlier.evidence), "what was appended after the seal takes proofs away")
    for reference in step.revision.objects:
        own = reference in store.objects and (step.is_new(reference) or reference in earlier.objects)
        require(own or step.is_formal(reference), f"object {reference.number} was changed after the seal")
    return store


@dataclass(frozen=True, slots=True)
class _Step:
    """One revision of the tail, seen between what was before and what is after it."""

    tail: Tail
    index: int

    @property
    def revision(self) -> Revision:
        return self.tail.revisions[self.index]

    @property
    def root(self) -> Reference:
        reference: Reference = self.tail.trailer(self.index)["Root"]
        return reference

    def catalogue(self, count: int) -> Mapping[str, Value]:
        return _dictionary(self.tail.object(self.root, count))

    def store(self, count: int) -> Store:
        return read_store(self.catalogue(count).get("DSS"), lambda reference: self.tail.object(reference, count))

    def is_new(self, reference: Reference) -> bool:
        return reference.number >= self.tail.first_free(self.index)

    def overridden(self) -> Iterator[Reference]:
        return (reference for reference in self.revision.objects if not self.is_new(reference))

    def require_sound(self) -> None:
        """The revision keeps the document's root, and numbers its new objects from the end."""
        after = self.tail.trailer(self.index + 1)
        require(after.get("Root") == self.root, "the sealed file has another root")
        require("Encrypt" not in after, "the sealed file is encrypted")
        sound = self.tail.first_free(self.index + 1) >= self.tail.first_free(self.index)
        require(sound, "the sealed file forgets objects")
        for reference in self.revision.objects:
            known = reference.generation == 0 if self.is_new(reference) else self._before(reference) is not None
            require(known, f"object {reference.number} was not free to be added")
        require(self._information_kept(), "the document's information was changed")

    def require_catalogue(self, allowed: set[str]) -> None:
        """The catalogue changes in these entries only, and its extensions only grow."""
        before, after = self.catalogue(self.index), self.catalogue(self.index + 1)
        changed = _changed(before, after)
        require(changed <= allowed, f"the document's catalogue was changed: {', '.join(sorted(changed - allowed))}")
        if "Extensions" in changed:
            old, new = (
                _dictionary(self._at(one.get("Extensions"), place)) for place, one in enumerate((before, after))
            )
            require(all(new.get(key) == old[key] for key in old), "an extension was changed")

    def is_formal(self, reference: Reference) -> bool:
        """Whether the object is one that any writer touches: catalogue, extensions, information, metadata."""
        before, after = self.catalogue(self.index), self.catalogue(self.index + 1)
        if reference in (self.root, self.tail.trailer(self.index + 1).get("Info")):
            return True
        if reference == after.get("Extensions"):
            return reference == before.get("Extensions") or self.is_new(reference)
        return reference == after.get("Metadata") and is_restamped(
            self._before(reference), self.revision.objects[reference]
        )

    def is_sealing(self, reference: Reference) -> bool:
        """Whether the change to an older object is one that adding a signature needs."""
        if self.is_formal(reference):
            return True
        before, after = self._before(reference), self.revision.objects[reference]
        if isinstance(before, list):
            return self._extends(before, after)
        if not isinstance(before, dict) or not isinstance(after, dict):
            return False
        changed = _changed(before, after)
        if before.get("Type") == "Page":
            return changed <= {"Annots"} and self._extends(
                self._at(before.get("Annots"), 0), self._at(after.get("Annots"), 1)
            )
        if before.get("FT") == "Sig":
            return changed <= _SIGNED_FIELD and "V" not in before
        return reference == self.catalogue(self.index).get("AcroForm")

    def require_form(self) -> None:
        """The form gains signature fields only."""
        old, new = (
            _dictionary(self._at(self.catalogue(self.index + place).get("AcroForm"), place)) for place in (0, 1)
        )
        fields = self._at(old.get("Fields"), 0), self._at(new.get("Fields"), 1)
        require(_changed(old, new) <= _FORM and self._extends(*fields), "sealing changed the document's form")

    def _extends(self, before: Sequence[Value] | None, after: Sequence[Value] | None) -> bool:
        """The list only gained signature fields of this revision, at its end."""
        before, after = before or [], after or []
        return after[: len(before)] == before and all(self._is_field(one) for one in after[len(before) :])

    def _is_field(self, value: Value) -> bool:
        added = self.revision.objects.get(value)
        return isinstance(added, dict) and added.get("FT") == "Sig"

    def _information_kept(self) -> bool:
        before, after = (self.tail.trailer(self.index + place).get("Info") for place in (0, 1))
        if after is None:
            return True
        if after != before and not self.is_new(after):
            return False
        return _changed(_dictionary(self._at(before, 0)), _dictionary(self._at(after, 1))) <= _TOUCHED_INFORMATION

    def _before(self, reference: Reference) -> Value:
        return self.tail.object(reference, self.index)

    def _at(self, value: Value, place: int) -> Value:
        return self.tail.resolved(value, self.index + place)


def _dictionary(value: Value) -> Mapping[str, Value]:
    require(value is None or isinstance(value, dict), "the document's structure is broken")
    return value or {}


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
