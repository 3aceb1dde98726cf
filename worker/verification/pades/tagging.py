"""The structure tree (ISO 32000-2 §14.7), by which readers speak a page: writers of tagged files add the seal's widget.

What stood there stays as it is. What is added has no words of its own, and leads to the widget and nowhere else.
"""

from collections.abc import Iterator

from worker.verification.pades.allowed import ELEMENT, NUMBER_NODE, OBJECT_REFERENCE, STRUCTURE
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Reference, Value
from worker.verification.pades.tail import PdfState
from worker.verification.refusal import require

_MAX_NODES = 10_000


def require_tagged(step: RevisionStep) -> None:
    """The structure tree gained elements for the seal's widgets only. Raises Rejected, and ValueError beyond limits."""
    added = [one for one in step.unexplained() if step.is_new(one) and _is_element(step.revision.objects[one])]
    root = step.after.catalogue.get("StructTreeRoot")
    if not added or not isinstance(root, Reference):
        return
    old, new = step.before.dictionary(root), step.after.dictionary(root)
    step.explain(root, root)
    changed = step.find_changes(old, new)
    step.require_listed(changed, STRUCTURE, "the document's structure was changed")
    step.explain_plain(new.get("ParentTreeNextKey") if "ParentTreeNextKey" in changed else None)
    _require_more_kids(step, old.get("K"), new.get("K"))
    _require_more_numbers(step, old.get("ParentTree"), new.get("ParentTree"))
    for reference in step.unexplained():
        before, after = step.before.object(reference), step.revision.objects[reference]
        if _is_element(before) and isinstance(after, dict) and step.find_changes(before, after) == {"K"}:
            _require_more_kids(step, before.get("K"), after.get("K"))
            step.explained.add(reference)
    for reference in added:
        _require_element(step, reference)


def _is_element(value: Value) -> bool:
    """Whether this is an element of the structure (§14.7.2, table 355)."""
    return isinstance(value, dict) and "S" in value and "P" in value and value.get("Type") in (None, "StructElem")


def _require_element(step: RevisionStep, reference: Reference) -> None:
    """A new element stands below another one or the root, on a page of the document. Its kids are judged here too."""
    element = step.revision.objects[reference]
    step.require_listed(element, ELEMENT, "an element of the structure says more than where the seal is")
    above, page = step.after.resolve(element["P"]), element.get("Pg")
    placed = _is_element(above) or (isinstance(above, dict) and above.get("Type") == "StructTreeRoot")
    require(placed and _is_page(step, page), "an element of the structure stands nowhere")
    for kid in _as_list(step, element.get("K")):
        if not _is_new_element(step, kid):
            # What is no element refers to a widget of the seal, as an object of a page (§14.7.5.3).
            entries = step.after.resolve(kid)
            require(isinstance(entries, dict), "an element of the structure holds content of a page")
            step.require_listed(entries, OBJECT_REFERENCE, "an element of the structure holds more than the seal")
            is_widget = entries.get("Type") == "OBJR" and entries.get("Obj") in step.widgets
            is_placed = is_widget and _is_page(step, entries.get("Pg"))
            require(is_placed, "an element of the structure is not the seal's")
        step.explain(kid)
    step.explain(element.get("K"))


def _is_page(step: RevisionStep, page: Value) -> bool:
    """Whether this is a page of the document, or nothing."""
    return page is None or step.before.dictionary(page).get("Type") == "Page"


def _is_new_element(step: RevisionStep, value: Value) -> bool:
    return isinstance(value, Reference) and step.is_new(value) and _is_element(step.revision.objects[value])


def _as_list(step: RevisionStep, kids: Value, *, new: bool = True) -> list[Value]:
    """Kids stand in an array, or one stands by itself (§14.7.2, table 355)."""
    found = (step.after if new else step.before).resolve(kids)
    return found if isinstance(found, list) else [] if kids is None else [kids]


def _require_more_kids(step: RevisionStep, was: Value, now: Value) -> None:
    """The kids are the same in the same order, with new elements among them."""
    old, new = _as_list(step, was, new=False), _as_list(step, now)
    kept = [one for one in new if not _is_new_element(step, one)]
    same = len(kept) == len(old) and all(map(step.comparison.is_same, old, kept))
    require(same, "the document's structure was changed")
    if isinstance(step.after.resolve(now), list):
        step.explain(now, was)
    for kid in new:
        if _is_new_element(step, kid):
            step.explain(kid)


def _require_more_numbers(step: RevisionStep, was: Value, now: Value) -> None:
    """The tree that leads from pages and annotations to elements (§14.7.5.4) gained numbers for new elements."""
    before, after = list(_walk_numbers(step.before, was)), list(_walk_numbers(step.after, now))
    known = {one for one, _ in before}
    for place, entries in after:
        step.require_listed(entries, NUMBER_NODE, "the document's structure was changed")
        step.explain(place, place if place in known else None)
        step.explain(entries.get("Nums"), entries.get("Nums"))
        step.explain(entries.get("Kids"), entries.get("Kids"))
    old: dict[Value, Value] = {}
    new: dict[Value, Value] = {}
    for state, nodes, values in ((step.before, before, old), (step.after, after, new)):
        for _, node in nodes:
            pairs = state.array(node.get("Nums"))
            values.update(zip(pairs[::2], pairs[1::2], strict=True))
    for number, value in new.items():
        fresh = number not in old and _is_new_element(step, value)
        same = number in old and step.comparison.is_same(old[number], value)
        require(fresh or same, "the document's structure was changed")
    require(old.keys() <= new.keys(), "the document's structure was changed")


def _walk_numbers(state: PdfState, root: Value) -> Iterator[tuple[Value, dict[str, Value]]]:
    """Yield each node of a number tree (§7.9.7), with what refers to it. Raises ValueError."""
    waiting, seen = [root], 0
    while waiting:
        place, seen = waiting.pop(), seen + 1
        if seen > _MAX_NODES:
            raise ValueError("the document's structure has too many nodes")
        node = dict(state.dictionary(place))
        yield place if isinstance(place, Reference) else None, node
        waiting.extend(reversed(state.array(node.get("Kids"))))
