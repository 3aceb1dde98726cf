"""The waiting list in the bucket, and what becomes of originals.

A document is on the list while its entry is there. Objects cannot be moved, so a mark of its own says that it has left
(`documents/<id>/left`), written before the entry goes: whoever puts the entry there once more, because a crash or a
long pause came in between, is seen through, whoever looks at the list. No two writings of an entry are the same, so
one that came back is looked at anew.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, RouteName
from worker.objects.bucket import Bucket, Listed
from worker.objects.documents import (
    TAKEN,
    WAITING,
    StoredDocuments,
    left_mark,
    place_of,
    read_document,
    refused_mark,
    taken_key,
    waiting_key,
)
from worker.storage.layout import Layout
from worker.storage.shelf import DiskShelf
from worker.storage.threads import in_thread

log = structlog.get_logger()

_ADVICE = "hand the document of that id in again, whose original is in the bucket, and remove this object"


class ObjectShelf:
    """Implements `jobs.ports.Shelf` and `jobs.ports.Originals` in a bucket; `layout` is this machine's own shelf.

    Documents on the waiting list are kept in memory too: their entries never change, so each is read once.
    """

    def __init__(self, bucket: Bucket, layout: Layout, *, keep_originals: bool = True) -> None:
        self.layout = layout
        self.documents = StoredDocuments(bucket, layout)
        self._bucket = bucket
        self._keep_originals = keep_originals
        self._own = DiskShelf(layout)
        self._known: dict[RouteName, dict[str, Document]] = {}
        self._damaged: set[str] = set()

    def place(self, document: Document) -> tuple[Path, Path]:
        """Where this machine's copy of the original stands, and where its sealed copy belongs."""
        return self._own.place(document)

    @in_thread
    def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        """Inspected documents that no batch holds yet, oldest first."""
        listed = {f"{each.key} {each.version}": each for each in self._bucket.list(f"{WAITING}/{route}")}
        known = {mark: one for mark, one in self._known.get(route, {}).items() if mark in listed}
        fresh = [mark for mark in listed if mark not in known]
        read = zip(fresh, self._bucket.each(self._read, [listed[mark] for mark in fresh]), strict=True)
        known |= {mark: document for mark, document in read if document is not None}
        self._known[route] = known
        return tuple(sorted(known.values(), key=lambda one: (one.received_at, one.id)))

    @in_thread
    def find_busy_routes(self) -> frozenset[RouteName]:
        """Routes on which something waits: one request for all of them."""
        return frozenset(map(RouteName, self._bucket.names(WAITING)))

    @in_thread
    def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        """Take documents off the waiting list; those already off are fine."""
        routes = {document.route for document in documents}
        listed = {each.key for route in routes for each in self._bucket.list(f"{WAITING}/{route}")}
        entries = {waiting_key(document): document.id for document in documents if waiting_key(document) in listed}
        self._leave(entries.items())

    @in_thread
    def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:  # noqa: ARG002  the port's
        """Keep or remove the originals, and clear this machine's copies; doing it again changes nothing."""
        if not self._keep_originals:
            self._bucket.each(self.documents.forget, [document.id for document in documents])
        for document in documents:
            self.documents.clear_copies(document.id)

    def write(self, documents: Sequence[Document]) -> Mapping[DocumentId, OSError]:
        """Write documents below their claims on this machine; gives the errors of those that could not be written."""
        return self._own.write(documents)

    def admit(self, documents: Sequence[Document]) -> None:
        """Put documents that the bucket holds onto the waiting list; those once there are never put there again."""
        self._bucket.each(self._admit, documents)

    def count_waiting(self) -> int:
        """How many documents wait for a batch, on all routes."""
        return sum(1 for _ in self._bucket.list(WAITING))

    def claimed(self) -> Sequence[DocumentId]:
        """Documents that any machine has taken in and none has judged yet."""
        return sorted(DocumentId(name) for name in self._bucket.names(TAKEN))

    def claim_lines(self, document: DocumentId) -> Sequence[bytes]:
        """The lines of its claim, which stands in the bucket behind its original until it is judged."""
        with suppress(FileNotFoundError):
            return self._bucket.read(taken_key(document)).split(b"\n")
        return []

    def _admit(self, document: Document) -> None:
        marks = {each.key for each in self._bucket.list(place_of(document.id))}
        if not marks & {left_mark(document.id), refused_mark(document.id)}:
            entry = b"\n".join((document.model_dump_json().encode(), secrets.token_hex(8).encode()))
            self._bucket.write(waiting_key(document), entry)
        self._bucket.remove(taken_key(document.id))
        self.layout.place(document.id).claim.unlink(missing_ok=True)

    def _leave(self, entries: Iterable[tuple[str, DocumentId]]) -> None:
        keys = dict(entries)
        self._bucket.each(lambda document: self._bucket.write(left_mark(document), b""), keys.values())
        if keys:
            self._bucket.remove(*keys)

    def _read(self, entry: Listed) -> Document | None:
        """The document of the entry; None when a batch took it since the list was read, and where it is damaged."""
        try:
            document = read_document(self._bucket.read(entry.key))
        except FileNotFoundError:
            return None
        if document is None or waiting_key(document) != entry.key:
            if entry.key not in self._damaged:
                self._damaged.add(entry.key)
                log.warning("waiting document damaged", key=entry.key, advice=_ADVICE)
            return None
        if self._bucket.has(left_mark(document.id)):
            self._bucket.remove(entry.key)
            return None
        return document
