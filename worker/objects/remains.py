"""What is left of a batch outside the ledger: notes of deliveries, and originals that nothing else accounts for."""

from collections.abc import Iterator, Mapping

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, RouteName, is_document_id
from jobs.model.records import Delivery
from worker.objects.bucket import Bucket
from worker.objects.deliveries import Deliveries
from worker.objects.documents import DOCUMENTS, TAKEN, WAITING, StoredDocuments, refused_mark
from worker.objects.outbox import OUTBOX
from worker.objects.parked import REPEATED
from worker.objects.skipped import DUPLICATES
from worker.storage.layout import Layout
from worker.storage.remains import describe_stray
from worker.storage.threads import in_thread


class ObjectRemains:
    """Implements `jobs.ports.Remains` in a bucket. It looks at every document that is kept: for repairs only."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._deliveries = Deliveries(bucket, OUTBOX)
        self._documents = StoredDocuments(bucket, layout)

    @in_thread
    def find_deliveries(self, batch: BatchId) -> Mapping[DocumentId, Delivery]:
        """What was delivered of the batch, by the notes; one that was broken off counts where the file is."""
        noted = self._bucket.each(self._deliveries.read, self._deliveries.documents())
        found = [each for each in noted if each is not None and each.sidecar.batch == batch]
        return {
            each.sidecar.document: each.sidecar.delivery
            for each in found
            if each.is_delivered or self._bucket.exists(f"{OUTBOX}/{each.sidecar.route}/{each.sidecar.delivery.name}")
        }

    @in_thread
    def find_strays(self, route: RouteName) -> tuple[Document, ...]:
        """Originals that neither wait, nor are judged, nor were delivered or refused, as documents of that route.

        Their names are not known. Those of documents that stand in a batch are among them.
        """
        # In this order: a document only ever goes from one of these places to the next.
        kept = {each.key for each in self._bucket.list(DOCUMENTS)}
        places = (TAKEN, REPEATED, WAITING, DUPLICATES)
        listed = {each.key.rpartition("/")[2] for place in places for each in self._bucket.list(place)}
        over = listed | set(self._deliveries.documents())
        return tuple(self._describe(one, route) for one in _documents_of(kept) if one not in over)

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
