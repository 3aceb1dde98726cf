"""What the seal shows on a page: nothing, or what its route allows inside a box (ISO 32000-2 §12.5.5, §12.7.5.5)."""

import re
from collections.abc import Mapping
from itertools import islice

from jobs.model.documents import Box
from worker.verification.pades.allowed import EMPTY_APPEARANCE, SILENT_OPERATORS
from worker.verification.pades.page_tree import walk_pages
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Name, Stream, Value
from worker.verification.refusal import require

_MAX_FORMS = 20
_SILENT = re.compile(
    rb"(?:[\0\t\n\f\r ]+|%%[^\r\n]*(?:[\r\n]|$)|/[^\0\t\n\f\r ()<>\[\]{}/%%]*|<<|>>|\[|\]|"
    rb"(?:[+-]?(?:\d+\.?\d*|\.\d+)|%b)(?![^\0\t\n\f\r <>\[\]/%%]))*" % b"|".join(map(re.escape, SILENT_OPERATORS))
)
"""A content stream that says nothing which it must not; matched whole."""


def require_unseen_rectangle(step: RevisionStep, widget: Mapping[str, Value]) -> None:
    """The widget's rectangle has no area; one that is a line has no border either. Raises Rejected."""
    left, bottom, right, top = _rectangle(step, widget)
    require(left == right or bottom == top, "the seal's field takes up room on the page")
    is_point = left == right and bottom == top
    bordered = widget.keys() & {"MK", "BS", "Border"}
    require(is_point or not bordered, "the seal's field draws a line on the page")


def require_appearance(step: RevisionStep, widget: Mapping[str, Value], *, seen_before: bool) -> None:
    """The appearance draws nothing, or the route lets it draw and it stays in the box. Raises Rejected, ValueError.

    A field that the document had before (`seen_before`) stands where its author put it.
    """
    if "AP" not in widget:
        if step.profile.visible and not seen_before:
            require_unseen_rectangle(step, widget)
        return
    if step.profile.visible:
        left, bottom, right, top = _rectangle(step, widget)
        if left != right and bottom != top:
            if not seen_before:
                box, number = step.profile.visible_box, step.profile.visible_page - 1
                is_inside = box[0] <= left and box[1] <= bottom and right <= box[2] and top <= box[3]
                require(is_inside, "the seal is drawn outside of its box")
                page, _ = next(islice(walk_pages(step.before), number, None), (None, {}))
                require(widget.get("P") == page, "the seal is drawn on another page")
            step.explain_drawn(widget["AP"])
            return
    _require_empty(step, widget["AP"])


def _rectangle(step: RevisionStep, widget: Mapping[str, Value]) -> Box:
    numbers = [step.after.resolve(one) for one in step.after.array(widget.get("Rect"))]
    require(len(numbers) == 4, "the seal's field has no rectangle")  # noqa: PLR2004 - two corners (§7.9.5)
    left, right = sorted(map(float, numbers[::2]))
    bottom, top = sorted(map(float, numbers[1::2]))
    return left, bottom, right, top


def _require_empty(step: RevisionStep, appearance: Value) -> None:
    """No appearance in the dictionary draws anything: normal, rollover and down, in all their states."""
    step.explain(appearance)
    waiting, forms = [step.after.resolve(appearance)], 0
    while waiting:
        value = waiting.pop()
        step.explain(value)
        found = step.after.resolve(value)
        if isinstance(found, Stream):
            forms += 1
            require(forms <= _MAX_FORMS, "the seal's appearance is made of too many forms")
            waiting.extend(_require_silent(step, found))
        elif isinstance(found, dict):
            waiting.extend(found.values())
        else:
            require(found is None, "the seal's appearance is something else")


def _require_silent(step: RevisionStep, form: Stream) -> list[Value]:
    """A form whose operators draw nothing; gives the forms that it could draw."""
    entries = form.entries
    step.require_listed(entries, EMPTY_APPEARANCE, "the seal's appearance has what no empty one needs")
    require(entries.get("Subtype") in (None, Name("Form")), "the seal's appearance is no form")
    require(_SILENT.fullmatch(form.decode()), "the seal draws on the page")
    step.explain_plain([entries.get(key) for key in ("BBox", "Matrix", "Group")])
    resources = step.after.dictionary(entries.get("Resources"))
    step.explain(entries.get("Resources"))
    step.explain_drawn([value for key, value in resources.items() if key != "XObject"])
    step.explain(resources.get("XObject"))
    return list(step.after.dictionary(resources.get("XObject")).values())
