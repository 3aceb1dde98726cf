"""The page tree (ISO 32000-2 §7.7.3): whole, without cycles, and of the size that it says."""

from collections.abc import Iterator

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.syntax import Reference, Value

MAX_DEPTH = 50
MAX_NODES = 200_000


def find_first_page(objects: Objects, root: Value) -> Reference:
    """The page that gets the seal's field, once every page is known to be there. Raises Rejected and ValueError."""
    pages = list(_walk(objects, root))
    if not pages:
        raise Rejected(Reason.DAMAGED, Text("the PDF has no pages"))
    said = objects.resolve(objects.dictionary(root, "the page tree").get("Count"))
    if said != len(pages):
        raise Rejected(
            Reason.DAMAGED,
            Text("the page tree says that it has {said} pages, and has {found}", said=said, found=len(pages)),
        )
    first = objects.entries(pages[0])
    if first.get("Type") != "Page":
        raise Rejected(Reason.DAMAGED, Text("the first page does not say that it is one"))
    objects.array(first.get("Annots"), "the first page's list of annotations")
    return pages[0]


def _walk(objects: Objects, root: Value) -> Iterator[Reference]:
    """Yield the pages in their order."""
    waiting: list[tuple[Value, int]] = [(root, 1)]
    seen: set[Reference] = set()
    while waiting:
        value, depth = waiting.pop()
        if not isinstance(value, Reference):
            raise Rejected(Reason.DAMAGED, Text("a part of the page tree is missing"))
        if value in seen:
            raise Rejected(Reason.DAMAGED, Text("a part of the page tree stands in it twice"))
        if len(seen) >= MAX_NODES:
            raise Rejected(
                Reason.TOO_COMPLEX, Text("the page tree has more than {max_nodes} nodes", max_nodes=MAX_NODES)
            )
        seen.add(value)
        node = objects.resolve(value)
        if not isinstance(node, dict):
            raise Rejected(Reason.DAMAGED, Text("a part of the page tree is missing"))
        if node.get("Type", "Page") not in {"Page", "Pages", "Template"}:
            raise Rejected(Reason.DAMAGED, Text("something in the page tree is no page"))
        if "Kids" not in node:
            if depth > 1:
                yield value
            continue
        if depth > MAX_DEPTH:
            raise Rejected(
                Reason.TOO_COMPLEX, Text("the page tree is more than {max_depth} levels deep", max_depth=MAX_DEPTH)
            )
        waiting += ((kid, depth + 1) for kid in reversed(objects.array(node["Kids"], "a list of pages")))
