"""What sealing may add to the structure tree of a tagged PDF (ISO 32000-2 §14.7): an element for the seal's widget."""

from typing import Any

from pikepdf import Array, Dictionary

from worker.audit.pdf_additions import field_type

# Not here: /Alt, /ActualText and /E, which are spoken (§14.9).
_ELEMENT = frozenset({"/Type", "/S", "/P", "/Pg", "/K"})
_MAX_NESTING = 5
_MAX_NODES = 10_000


def without_added_elements(old: object, new: object) -> object:
    """The kids of an element, without those that were added and lead to a seal's widget alone."""
    before, after = _as_list(old), _as_list(new)
    known = {one.objgen for one in before if isinstance(one, Dictionary) and one.is_indirect}
    kept = []
    for one in after:
        is_fresh = isinstance(one, Dictionary) and one.is_indirect and one.objgen not in known
        if not (is_fresh and is_element_of_seal(one)):
            kept.append(one)
    if len(kept) == len(after):
        return new
    return Array(kept) if isinstance(old, Array) else next(iter(kept), None)


def is_element(value: Dictionary) -> bool:
    """Whether a dictionary is an element of the structure (§14.7.2, table 355)."""
    return "/S" in value and "/P" in value and value.get("/Type", "/StructElem") == "/StructElem"


def is_element_of_seal(value: object, depth: int = 0) -> bool:
    """Whether an element has no words, and nothing below it but the widgets of signature fields (§14.7.5.3)."""
    if not isinstance(value, Dictionary) or depth > _MAX_NESTING or not set(value.keys()) <= _ELEMENT:
        return False
    for kid in _as_list(value.get("/K")):
        widget = kid.get("/Obj") if isinstance(kid, Dictionary) and kid.get("/Type") == "/OBJR" else None
        is_of_seal = isinstance(widget, Dictionary) and field_type(widget) == "/Sig"
        if not is_of_seal and not is_element_of_seal(kid, depth + 1):
            return False
    return True


def numbers_of(tree: object) -> dict[int, object]:
    """The pairs of a number tree (§7.9.7). Raises ValueError beyond a limit."""
    found: dict[int, object] = {}
    waiting, seen = [tree], 0
    while waiting:
        node, seen = waiting.pop(), seen + 1
        if seen > _MAX_NODES:
            raise ValueError("its structure has too many nodes")
        if isinstance(node, Dictionary):
            pairs = _as_list(node.get("/Nums"))
            found |= {int(number): value for number, value in zip(pairs[::2], pairs[1::2], strict=False)}
            waiting.extend(_as_list(node.get("/Kids")))
    return found


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, Array) else [] if value is None else [value]
