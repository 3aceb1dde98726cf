"""What earlier signers allow: certification (DocMDP), locked fields (FieldMDP, Lock). A seal must break none."""

from collections.abc import Iterator, Mapping, Sequence

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.preflight.form import Field, read_text
from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.syntax import Value

NO_CHANGES = 1
"""The permission that forbids every change, a signature included (ISO 32000-2, Table 257)."""

_STEMS = ("Seal", "Signature")
"""How sealing services name the field that they add, with a number behind it."""


def require_unlocked(objects: Objects, fields: Sequence[Field], certification: Mapping[str, Value]) -> None:
    """No signature in the document forbids that a signature field is added. Raises Rejected and ValueError.

    `certification` is the signature that the catalogue's `/Perms` names for DocMDP (§12.8.6), which need not be
    in a field.
    """
    taken = {field.name for field in fields}
    numbers = range(1, len(fields) + 2)
    added = [next(f"{stem}{one}" for one in numbers if f"{stem}{one}" not in taken) for stem in _STEMS]
    for signer, rules in _rules(objects, fields, certification):
        for rule in rules:
            if objects.resolve(rule.get("P")) == NO_CHANGES:
                raise Rejected(Reason.LOCKED, Text("{signer} allows no change to the document", signer=signer))
            if any(_locks(objects, rule, name) for name in added):
                raise Rejected(Reason.LOCKED, Text("{signer} locks the fields that a seal would need", signer=signer))


def is_signed(objects: Objects, field: Field) -> bool:
    """Whether the field is a signature field with a signature in it."""
    return field.is_signature and bool(objects.entries(field.entries.get("V")))


def _rules(
    objects: Objects, fields: Sequence[Field], certification: Mapping[str, Value]
) -> Iterator[tuple[str, list[Mapping[str, Value]]]]:
    """Yield each signer with the dictionaries that say what may be changed after them."""
    yield "the certification", _transforms(objects, certification)
    for field in fields:
        if is_signed(objects, field):
            # The lock of a field (§12.7.5.5) is in force once the field is signed; PDF 2.0 lets it say /P as well.
            lock = objects.dictionary(field.entries.get("Lock"), "a field's lock")
            yield f"the signature {field.name!r}", [*_transforms(objects, objects.entries(field.entries["V"])), lock]


def _transforms(objects: Objects, signature: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """The parameters of DocMDP (§12.8.2.2) and FieldMDP (§12.8.2.4); the usage rights of UR3 lock nothing."""
    references = [
        objects.dictionary(one, "a signature reference")
        for one in objects.array(signature.get("Reference"), "a signature's references")
    ]
    return [
        objects.dictionary(one.get("TransformParams"), "a signature's transform parameters")
        for one in references
        if one.get("TransformMethod") in {"DocMDP", "FieldMDP"}
    ]


def _locks(objects: Objects, rule: Mapping[str, Value], name: str) -> bool:
    named = [read_text(objects.resolve(one)) for one in objects.array(rule.get("Fields"), "a list of locked fields")]
    is_named = any(name == one or name.startswith(f"{one}.") for one in named)
    match rule.get("Action"):
        case "All":
            return True
        case "Include":
            return is_named
        case "Exclude":
            return not is_named
        case _:
            return False
