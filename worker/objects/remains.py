"""What is left of a batch outside the ledger: notes of deliveries, and originals that nothing else accounts for."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, RouteName, is_document_id
from jobs.model.records import Delivery
from worker.objects.bucket import Bucket
from worker.objects.deliveries import Deliveries
from worker.objects.documents import DOCUMENTS, TAKEN, WAITING, StoredDocuments, place_of, refused_mark
from worker.objects.outbox import OUTBOX
from worker.objects.parked import REPEATED
from worker.objects.skipped import DUPLICATES
from worker.storage.layout import Layout
from worker.storage.remains import describe_stray
from worker.storage.threads import in_thread


class ObjectRemains:
    """Implements `jobs.ports.Remains` in a bucket. Of what is not named it looks at all there is: for repairs only."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._deliveries = Deliveries(bucket, OUTBOX)
        self._documents = StoredDocuments(bucket, layout)

    @in_thread
    def find_deliveries(
        self, batch: BatchId, documents: Collection[DocumentId] | None = None
    ) -> Mapping[DocumentId, Delivery]:
        """What was delivered of the batch, by the notes; one that was broken off counts where the file is."""
        asked = self._deliveries.documents() if documents is None else documents
        noted = self._bucket.each(self._deliveries.read, asked)
        found = [each for each in noted if each is not None and each.sidecar.batch == batch]
        return {
            each.sidecar.document: each.sidecar.delivery
            for each in found
            if each.is_delivered or self._bucket.exists(f"{OUTBOX}/{each.sidecar.route}/{each.sidecar.delivery.name}")
        }

    @in_thread
    def find_strays(self, among: Collection[DocumentId] | None = None) -> tuple[DocumentId, ...]:
        """Originals that neither wait, nor are judged, nor were delivered or refused, `among` these or all.

        Those of documents that stand in a batch are among them.
        """
        # In this order: a document only ever goes from one of these places to the next.
        folders = [DOCUMENTS] if among is None else [place_of(document) for document in among]
        listed = self._bucket.each(lambda folder: [each.key for each in self._bucket.list(folder)], folders)
        kept = {key for keys in listed for key in keys}
        # One of a batch, which alone are asked for by name, was never skipped.
        places = (TAKEN, REPEATED, WAITING, DUPLICATES) if among is None else (TAKEN, REPEATED, WAITING)
        over = {each.key.rpartition("/")[2] for place in places for each in self._bucket.list(place)}
        over.update(self._deliveries.documents() if among is None else self._deliveries.noted_of(among))
        return tuple(one for one in _documents_of(kept) if one not in over)

    @in_thread
    def describe_strays(self, strays: Sequence[DocumentId], route: RouteName) -> tuple[Document, ...]:
        """Such originals as documents of that route, each named by its id."""
        return tuple(self._bucket.each(lambda stray: self._describe(stray, route), strays))

    def _describe(self, document: DocumentId, route: RouteName) -> Document:
        """It is fetched for that: who looks at it next, the quarantine, needs no copy of its own."""
        original = self._layout.place(document).original
        self._documents.have(document, original)
        return describe_stray(original, route)


def _documents_of(kept: set[str]) -> Iterator[DocumentId]:
    """Documents whose originals are among these objects, oldest first, but for those that were refused."""
    for document in sorted({key.split("/")[1] for key in kept}):
        is_there = {f"{DOCUMENTS}/{document}/original", f"{DOCUMENTS}/{document}/folder.json"} & kept
        if is_document_id(document) and is_there and refused_mark(DocumentId(document)) not in kept:
            yield DocumentId(document)
