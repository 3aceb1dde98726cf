"""What sealing may change on a page (ISO 32000-2 §7.7.3.3): it gains the seal's widget, and says so."""

from collections.abc import Mapping

from worker.verification.pades.allowed import INHERITABLE, PAGE
from worker.verification.pades.forms import find_added, find_inherited
from worker.verification.pades.page_tree import walk_pages
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Value
from worker.verification.refusal import require


def require_pages(step: RevisionStep) -> None:
    """Pages that were written again, or whose annotations were, gained widgets of the seal only. Raises Rejected."""
    for reference, value in step.revision.objects.items():
        before = step.before.object(reference)
        if isinstance(before, dict) and before.get("Type") == "Page" and isinstance(value, dict):
            changed = step.find_changes(before, value)
            step.require_listed(changed, PAGE.keys() | INHERITABLE.keys(), "sealing changed a page of the document")
            for key in changed & INHERITABLE.keys():
                effective = _effective(step, before, key, new=False), _effective(step, value, key, new=True)
                require(step.comparison.is_same(*effective), f"sealing changed a page of the document: {key}")
            moved = "StructParents" in changed and "StructParents" in before
            require(not moved, "sealing moved a page in the structure")
            step.explain_plain([value.get(key) for key in changed - {"Annots"} - INHERITABLE.keys()])
            _require_annotations(step, before, value)
            step.explained.add(reference)
    if step.widgets and any(isinstance(step.before.object(one), list) for one in step.unexplained()):
        for _, page in walk_pages(step.before):
            if step.writes(page.get("Annots")):
                _require_annotations(step, page, page)


def _require_annotations(step: RevisionStep, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
    """Annotations are the same, and widgets of the seal."""
    was, now = before.get("Annots"), after.get("Annots")
    if was == now and not step.writes(now):
        return
    added = find_added(step, was, now, "the annotations of a page")
    require(step.widgets.issuperset(added), "sealing added an annotation to a page")


def _effective(step: RevisionStep, page: Mapping[str, Value], key: str, *, new: bool) -> Value:
    """The page's own value, an inherited one, or the default (§7.7.3.3, table 31)."""
    found = find_inherited(step, page, key, new=new)
    if found is None and key == "CropBox":
        return find_inherited(step, page, "MediaBox", new=new)
    return 0 if found is None and key == "Rotate" else found
