"""The pages of a document in their order (ISO 32000-2 §7.7.3.2)."""

from collections.abc import Iterator, Mapping

from worker.verification.pades.syntax import Reference, Value
from worker.verification.pades.tail import PdfState

_MAX_NODES = 1000


def walk_pages(state: PdfState) -> Iterator[tuple[Reference, Mapping[str, Value]]]:
    """Yield each page with its reference. Raises ValueError where there are too many to look through."""
    waiting, seen = [state.catalogue.get("Pages")], 0
    while waiting:
        reference, seen = waiting.pop(), seen + 1
        if seen > _MAX_NODES:
            raise ValueError("the document has too many pages to look through")
        node = state.dictionary(reference)
        if "Kids" in node:
            waiting.extend(reversed(state.array(node["Kids"])))
        elif isinstance(reference, Reference):
            yield reference, node
