"""One appended revision, seen between what was before and what is after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobs.model.documents import Profile
from worker.verification.pades.meaning import Comparison
from worker.verification.pades.syntax import Reference, Stream, Value
from worker.verification.pades.tail import PdfState, Revision, Tail
from worker.verification.refusal import require

_MAX_DEPTH = 20


@dataclass(slots=True)
class RevisionStep:
    """One revision while it is judged.

    Whatever finds an object in its proper place explains it; an object that nobody explains has no business there.
    """

    before: PdfState
    after: PdfState
    revision: Revision
    profile: Profile
    comparison: Comparison
    explained: set[Reference] = field(default_factory=set)
    fields: set[Reference] = field(default_factory=set)
    """The signature fields that it adds or signs."""
    widgets: set[Reference] = field(default_factory=set)
    """The widgets that it adds."""

    @classmethod
    def of(cls, tail: Tail, index: int, profile: Profile) -> "RevisionStep":
        """The step that the revision of this index is."""
        before, after = tail.after(index), tail.after(index + 1)
        return cls(before, after, tail.revisions[index], profile, Comparison(before, after))

    def writes(self, value: Value) -> bool:
        """Whether this is a reference to an object that the revision writes."""
        return isinstance(value, Reference) and value in self.revision.objects

    def is_new(self, reference: Reference) -> bool:
        """Whether the revision writes this object, and there was none before."""
        return reference in self.revision.objects and self.before.place(reference.number) is None

    def unexplained(self) -> set[Reference]:
        """The objects of the revision that nothing has explained yet."""
        return self.revision.objects.keys() - self.explained

    def find_changes(self, old: Mapping[str, Value], new: Mapping[str, Value]) -> set[str]:
        """The keys whose values mean something else in the second dictionary. Raises ValueError beyond limits."""
        return self.comparison.find_changes(old, new)

    def require_listed(self, found: Iterable[str], allowed: Iterable[str], what: str) -> None:
        """All that was found stands on an allow-list. Raises Rejected, which names what does not."""
        others = set(found).difference(allowed)
        require(not others, f"{what}: {', '.join(sorted(others))}")

    def explain(self, value: Value, was: Value = None) -> None:
        """The object that this refers to, if it is a reference, is new or was in this place before. Raises Rejected."""
        if self.writes(value):
            proper = self.is_new(value) or value == was
            require(proper, f"object {value.number} of the document was overwritten")
            self.explained.add(value)

    def explain_plain(self, value: Value, depth: int = 0) -> None:
        """All of this value is new and holds no stream. Raises Rejected, and ValueError for what it cannot judge."""
        self._explain_all(value, depth, streams=False)

    def explain_drawn(self, value: Value, depth: int = 0) -> None:
        """All of this value is new, or stood in the document; it may hold streams. Raises as `explain_plain`."""
        self._explain_all(value, depth, streams=True)

    def _explain_all(self, value: Value, depth: int, *, streams: bool) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError("what was added is nested too deeply")
        if isinstance(value, Reference):
            if value in self.explained:
                return
            if value not in self.revision.objects:
                # A reference to nothing could be filled later; one to the document's own may be more than it seems.
                if not streams or self.after.object(value) is None:
                    raise ValueError(f"what was added refers to object {value.number}, which it did not add")
                return
            self.explain(value)
            value = self.revision.objects[value]
        if isinstance(value, Stream):
            require(streams, "what was added holds a stream where none may be")
            # A stream in another file, or a page of one, is none of ours (§7.3.8.2, §8.10.4, §14.11.7).
            self.require_listed(
                value.entries.keys() & {"F", "Ref", "OPI"}, (), "what was added draws something foreign"
            )
            value = value.entries
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for item in items:
            self._explain_all(item, depth + 1, streams=streams)
