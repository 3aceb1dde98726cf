"""The interactive form (ISO 32000-2 §12.7): its fields with their full names, and what signatures they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.syntax import Reference, Value

MAX_DEPTH = 50
MAX_FIELDS = 100_000
_INHERITED = {"FT", "V"}


@dataclass(frozen=True, slots=True)
class Field:
    """One terminal field: its full name (§12.7.4.2), and its entries, with the type and value that it inherits."""

    name: str
    entries: Mapping[str, Value] = field(repr=False)

    @property
    def is_signature(self) -> bool:
        """Whether it is a signature field (§12.7.5.5), signed or not."""
        return self.entries.get("FT") == "Sig"


@dataclass(frozen=True, slots=True)
class _Place:
    """A field that is still to be read, and what it has from its ancestors."""

    value: Value
    name: str = ""
    inherited: Mapping[str, Value] = field(default_factory=dict)
    above: frozenset[Reference] = frozenset()


def read_fields(objects: Objects, form: Mapping[str, Value]) -> tuple[Field, ...]:
    """Read the whole tree of fields. Raises Rejected for a tree that has no end, and ValueError."""
    waiting = [_Place(one) for one in objects.array(form.get("Fields"), "the form's list of fields")]
    found: list[Field] = []
    seen: set[Reference] = set()
    while waiting:
        place = waiting.pop()
        if isinstance(place.value, Reference):
            if place.value in place.above:
                raise Rejected(Reason.DAMAGED, Text("the form's fields go round in a circle"))
            if place.value in seen:
                continue
            seen.add(place.value)
        if len(seen) > MAX_FIELDS or len(place.above) > MAX_DEPTH:
            raise Rejected(
                Reason.TOO_COMPLEX,
                Text(
                    "the form has more than {max_fields} fields, or more than {max_depth} levels of them",
                    max_fields=MAX_FIELDS,
                    max_depth=MAX_DEPTH,
                ),
            )
        entries = {**place.inherited, **objects.dictionary(place.value, "a form field")}
        name = ".".join(part for part in (place.name, read_text(objects.resolve(entries.get("T")))) if part)
        kids = objects.array(entries.get("Kids"), "a list of fields")
        # A kid without a name of its own is one of its parent's widgets (§12.7.4.2).
        kids = [kid for kid in kids if {"T", "Kids"} & objects.dictionary(kid, "a form field").keys()]
        if entries and not kids:
            found.append(Field(name, entries))
        inherited = {key: entries[key] for key in _INHERITED & entries.keys()}
        above = place.above | {place.value} if isinstance(place.value, Reference) else place.above
        waiting += [_Place(kid, name, inherited, above) for kid in kids]
    return tuple(found)


def read_text(value: Value) -> str:
    """A text string (§7.9.2.2) as text; empty for what is none."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    # PDFDocEncoding differs from Latin-1 in characters that two equal names have in common.
    return value.decode("latin-1")
