"""What sets a document apart from the others of its batch, for whoever decides. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from jobs.model.documents import Document
from jobs.model.earlier import SameContent
from jobs.model.names import BatchId
from jobs.model.text import Text
from worker.preview import Look

LARGE, LARGER = 1_000_000, 10
"""Bytes, and times as many as the median of its batch: what has both is unusually large."""
_ENOUGH = 4
"""Documents of a batch by which one can say what is usual."""


@dataclass(frozen=True)
class Surroundings:
    """What a document is held against.

    `batches` are those that the person may know of; `looks` and `seen` are by SHA-256 (hexadecimal), as far as known.
    """

    documents: Sequence[Document]
    looks: Mapping[str, Look]
    seen: Mapping[str, SameContent]
    batches: Collection[BatchId]

    def looks_at(self, document: Document) -> list[Look]:
        """What was seen of each of its files."""
        return [self.looks[file.sha256.hex] for file in document.files if file.sha256.hex in self.looks]

    @cached_property
    def by_content(self) -> Mapping[str, Sequence[Document]]:
        """Its documents by their SHA-256 (hexadecimal)."""
        found: defaultdict[str, list[Document]] = defaultdict(list)
        for document in self.documents:
            found[document.sha256.hex].append(document)
        return found

    @cached_property
    def usual_size(self) -> float | None:
        """The median size in bytes; None where there are too few to say."""
        enough = len(self.documents) >= _ENOUGH
        return median(document.size for document in self.documents) if enough else None


def list_marks(document: Document, around: Surroundings) -> tuple[Text, ...]:
    """Everything remarkable, the weightiest first."""
    signers = [name for look in around.looks_at(document) for name in look.signers]
    found = (
        _mark_copies(document, around.by_content[document.sha256.hex]),
        _mark_seen(around.seen.get(document.sha256.hex), around.batches),
        Text("Signed already, by its own word, by: {names}.", names=_enumerate(signers)) if signers else None,
        _mark_size(document.size, around.usual_size),
    )
    return tuple(mark for mark in found if mark is not None)


def name_attachments(document: Document, around: Surroundings) -> tuple[Text, ...]:
    """What is attached inside it; many invoices carry themselves as data, so that is nothing unusual."""
    names = [name for look in around.looks_at(document) for name in look.attachments]
    return (Text("Attached inside it: {names}.", names=_enumerate(names)),) if names else ()


def _mark_copies(document: Document, same: Sequence[Document]) -> Text | None:
    copies = [one.name for one in same if one.id != document.id]
    if not copies:
        return None
    return Text.counted(
        "The same content is in this batch once more: {name}.",
        "The same content is in this batch {count} more times, first as {name}.",
        len(copies),
        name=copies[0],
    )


def _mark_seen(seen: SameContent | None, batches: Collection[BatchId]) -> Text | None:
    match seen:
        case None:
            return None
        case SameContent(sealed_at=None):
            if seen.batch not in batches:
                return Text("The same content waits in another batch as well.")
            return Text("The same content waits in another batch as well: {batch}.", batch=seen.batch)
        case SameContent():
            if seen.batch not in batches:
                return Text("The same content was sealed before, in another batch.")
            return Text("The same content was sealed before, in batch {batch}.", batch=seen.batch)


def _mark_size(size: int, usual: float | None) -> Text | None:
    if not usual or size < LARGE or size < LARGER * usual:
        return None
    return Text("Unusually large: {times} times as large as most of this batch.", times=round(size / usual))


def _enumerate(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
