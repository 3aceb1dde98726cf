"""The interactive form (ISO 32000-2, 12.7): its fields with their full names, and what signatures they hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.preflight.refusal import damaged, too_complex
from worker.verification.pades.syntax import Name, Reference, Value

MAX_DEPTH = 50
MAX_FIELDS = 100_000


@dataclass(frozen=True, slots=True)
class Field:
    """One terminal field: its full name (12.7.4.2), its type, own or inherited, and its own entries."""

    name: str
    kind: Name | None
    entries: Mapping[str, Value] = field(repr=False)

    @property
    def is_signature(self) -> bool:
        """Whether it is a signature field (12.7.5.5), signed or not."""
        return self.kind == "Sig"


@dataclass(frozen=True, slots=True)
class _Place:
    """A field that is still to be read, and what it has from its ancestors."""

    value: Value
    name: str
    kind: Name | None
    above: frozenset[Reference]


def read_fields(objects: Objects, form: Mapping[str, Value]) -> tuple[Field, ...]:
    """Read the whole tree of fields. Raises Rejected for a tree that has no end, and ValueError."""
    fields = objects.array(form.get("Fields"), "the form's list of fields")
    return tuple(_walk(objects, [_Place(one, "", None, frozenset()) for one in fields]))


def _walk(objects: Objects, waiting: list[_Place]) -> Iterator[Field]:
    for _ in range(MAX_FIELDS):
        if not waiting:
            return
        place = waiting.pop()
        entries = objects.dictionary(place.value, "a form field")
        name, kind = _name(objects, place, entries), entries.get("FT", place.kind)
        kids = [kid for kid in objects.array(entries.get("Kids"), "a list of fields") if _is_field(objects, kid)]
        if not kids:
            yield Field(name, kind, entries)
            continue
        above = place.above | ({place.value} if isinstance(place.value, Reference) else set())
        if above & {kid for kid in kids if isinstance(kid, Reference)}:
            raise damaged("the form's fields go round in a circle")
        if len(above) > MAX_DEPTH:
            raise too_complex(f"the form's fields are more than {MAX_DEPTH} levels deep")
        waiting += [_Place(kid, name, kind, above) for kid in kids]
    raise too_complex(f"the form has more than {MAX_FIELDS} fields")


def _is_field(objects: Objects, kid: Value) -> bool:
    # A kid without a name of its own is one of its parent's widgets (12.7.4.2).
    entries = objects.dictionary(kid, "a form field")
    return "T" in entries or "Kids" in entries


def _name(objects: Objects, place: _Place, entries: Mapping[str, Value]) -> str:
    own = objects.resolve(entries.get("T"))
    return ".".join(part for part in (place.name, read_text(own)) if part)


def read_text(value: Value) -> str:
    """A text string (7.9.2.2) as text; empty for what is none."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    # PDFDocEncoding differs from Latin-1 in characters that two equal names have in common.
    return value.decode("latin-1")
