"""What sealing may add to the document's form (ISO 32000-2 §12.7.3): a signature field, and what goes with it."""

from collections.abc import Mapping

from worker.verification.pades.allowed import FIELD, FORM, SIGNATURE, SIGNED, WIDGET
from worker.verification.pades.appearance import require_appearance, require_unseen_rectangle
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Name, Reference, Value
from worker.verification.refusal import refused, require

_MAX_DEPTH = 10
_EVERY_FLAG = 3
_HARMLESS_FLAGS = 1 << 6 | 1 << 7 | 1 << 9
"""Read-only, locked, contents locked (§12.5.3, table 167): none of them shows, hides or prints anything."""


def require_form(step: RevisionStep) -> None:
    """The form gains signature fields only. Raises Rejected, and ValueError for what cannot be judged here."""
    values = step.before.catalogue.get("AcroForm"), step.after.catalogue.get("AcroForm")
    old, new = step.before.dictionary(values[0]), step.after.dictionary(values[1])
    if values[0] is not None or values[1] is not None:
        step.explain(values[1], values[0])
    changed = step.find_changes(old, new)
    step.require_listed(changed, FORM, "sealing changed the document's form")
    if "NeedAppearances" in changed:
        drawn = step.after.resolve(new.get("NeedAppearances"))
        require(drawn in (None, False), "sealing would have the document's fields drawn anew")
        step.explain(new.get("NeedAppearances"))
    if "SigFlags" in changed:
        flags = (step.before.resolve(old.get("SigFlags")) or 0, step.after.resolve(new.get("SigFlags")) or 0)
        require(flags[1] == flags[0] | (flags[1] & _EVERY_FLAG), "sealing changed the form's flags")
        step.explain(new.get("SigFlags"))
    if changed & {"DR", "DA"}:
        require(not step.before.array(old.get("Fields")), "sealing changed what the document's fields are drawn with")
        step.explain_plain([new.get("DR"), new.get("DA")])
    for reference in find_added(step, old.get("Fields"), new.get("Fields"), "the document's form"):
        _require_field(step, reference, None, None)


def find_added(step: RevisionStep, was: Value, now: Value, what: str) -> list[Reference]:
    """The references that a list gained; the others are the same, in the same order. Raises Rejected."""
    step.explain(now, was)
    old, new = step.before.array(was), step.after.array(now)
    kept = [one for one in new if not (isinstance(one, Reference) and step.is_new(one) and one not in old)]
    same = len(kept) == len(old) and all(map(step.comparison.is_same, old, kept))
    require(same, f"sealing changed {what}")
    return [one for one in new if isinstance(one, Reference) and step.is_new(one) and one not in old]


def require_signed_field(step: RevisionStep, reference: Reference) -> None:
    """A field of the document that was written again got its signature, or a new field below it, or nothing.

    Raises Rejected, and ValueError for what cannot be judged here.
    """
    before, after = step.before.object(reference), step.revision.objects[reference]
    if not isinstance(after, dict):
        return
    changed = step.find_changes(before, after)
    kind = find_inherited(step, after, "FT", new=False)
    if changed == {"Kids"} and kind in (None, "Sig"):
        for kid in find_added(step, before.get("Kids"), after.get("Kids"), "a field of the document"):
            _require_field(step, kid, reference, kind)
        step.explained.add(reference)
    elif kind == "Sig" and "V" in changed:
        require("V" not in before, "a signature of the document was replaced")
        step.require_listed(changed, SIGNED, "sealing changed a field of the document")
        _require_signature(step, after["V"])
        # No flag brings an appearance to light that the document's author hid, or hides one.
        flags = [step.before.resolve(before.get("F")) or 0, step.after.resolve(after.get("F")) or 0]
        kept = all(isinstance(one, int) for one in flags) and not (flags[0] ^ flags[1]) & ~_HARMLESS_FLAGS
        require(kept or "AP" not in before, "sealing shows or hides a field of the document")
        if "AP" in changed:
            # What the author draws there stays, unless the route lets a seal be seen in its place.
            require("AP" not in before or step.profile.visible, "sealing hides a field of the document")
            require_appearance(step, after, seen_before=True)
        step.explain_plain([after.get(key) for key in changed - {"V", "AP"}])
        step.fields.add(reference)
        step.explained.add(reference)


def find_inherited(step: RevisionStep, entries: Mapping[str, Value], key: str, *, new: bool = True) -> Value:
    """An entry of a field or page, or of what stands above it (§7.7.3.4, §12.7.4.1). Raises ValueError."""
    snapshot = step.after if new else step.before
    for _ in range(50):
        if entries.get(key) is not None:
            return snapshot.resolve(entries[key])
        if entries.get("Parent") is None:
            return None
        entries = snapshot.dictionary(entries["Parent"])
    raise ValueError("there is too much above a field or page")


def _require_field(
    step: RevisionStep, reference: Reference, parent: Reference | None, kind: Value, depth: int = 0
) -> None:
    """A field that was added is a signature field, and all of it belongs to sealing."""
    step.explain(reference)
    field = step.revision.objects[reference]
    sound = isinstance(field, dict) and depth < _MAX_DEPTH and field.get("Parent") == parent
    require(sound, f"object {reference.number} was added to the form and is no field")
    step.require_listed(field, FIELD.keys() | WIDGET.keys(), "the seal's field has what no seal needs")
    kind = step.after.resolve(field.get("FT")) or kind
    for kid in step.after.array(field.get("Kids")):
        require(isinstance(kid, Reference) and step.is_new(kid), "the seal's field has a foreign kid")
        _require_field(step, kid, reference, kind, depth + 1)
    step.explain(field.get("Kids"))
    is_widget = field.get("Subtype") is not None or "Rect" in field or "AP" in field
    if "Kids" not in field or "V" in field:
        require(kind == "Sig", "sealing added a field that is no signature")
    if is_widget:
        _require_widget(step, reference, field)
    if "V" in field:
        _require_signature(step, field["V"])
    if "V" in field or ("Kids" not in field and "T" in field):
        step.fields.add(reference)
    judged = {"V", "Kids", "Parent", "P", "AP"}
    step.explain_plain([value for key, value in field.items() if key not in judged])


def _require_widget(step: RevisionStep, reference: Reference, widget: Mapping[str, Value]) -> None:
    require(step.after.resolve(widget.get("Subtype")) == "Widget", "the seal's field is shown as something else")
    page = widget.get("P")
    if page is not None:
        shown = step.before.resolve(page)
        require(isinstance(shown, dict) and shown.get("Type") == "Page", "the seal's field stands on no page")
    if not step.profile.visible:
        require_unseen_rectangle(step, widget)
    require_appearance(step, widget, seen_before=False)
    step.widgets.add(reference)


def _require_signature(step: RevisionStep, reference: Value) -> None:
    """A new signature dictionary holds what the allow-list says. Its byte range and CMS are judged by themselves."""
    if not isinstance(reference, Reference) or not step.is_new(reference):
        raise refused("a field was given a signature that the revision does not bring")
    step.explain(reference)
    signature = step.after.dictionary(reference)
    step.require_listed(signature, SIGNATURE, "the signature has what no seal needs")
    kind = signature.get("Type")
    require(kind in (None, Name("Sig"), Name("DocTimeStamp")), "the signature is something else")
    for entry in step.after.array(signature.get("Reference")):
        transform = step.after.dictionary(entry)
        # A seal may certify (§12.8.2.2); one that locks fields would forbid what others may still do (§12.8.2.4).
        require(step.after.resolve(transform.get("TransformMethod")) == "DocMDP", "the signature locks the document")
        step.explain(entry)
        # What a signature refers to is data it was made over in the past; readers no longer ask (§12.8.2.1).
        step.explain_plain([value for key, value in transform.items() if key != "Data"])
    step.explain(signature.get("Reference"))
    step.explain_plain([value for key, value in signature.items() if key != "Reference"])
