"""Originals and evidence that are kept in a bucket: which of them have been there for long, and how they go.

Ids of documents sort by the time at which they came, so nothing is listed that came too late to be kept for that long.
The marks that keep a document from coming back stay (see `documents`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from jobs.model.names import BatchId, DocumentId, document_id, is_document_id
from worker.objects.bucket import Bucket, Listed
from worker.objects.deliveries import Deliveries
from worker.objects.documents import DOCUMENTS, left_mark, place_of, refused_mark
from worker.objects.open_batches import OpenBatches
from worker.objects.outbox import OUTBOX
from worker.objects.quarantine_records import find_quarantined
from worker.objects.resent import ResentObjects
from worker.objects.skipped import SkippedDocuments
from worker.storage.retention import Expired, Kind

_EVIDENCE = "evidence"


class KeptObjects:
    """Implements `worker.storage.retention.KeptFiles` in a bucket, each document by itself."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._deliveries = Deliveries(bucket, OUTBOX)
        self._resent = ResentObjects(bucket)
        self._skipped = SkippedDocuments(bucket)
        self._first = DocumentId("")
        """Of all that came before it, marks alone were left: years of them need not be listed at each look."""

    def find_originals(self, before: datetime) -> Iterator[Expired]:
        """Those that were delivered with a batch that is settled, were skipped, or went on as another document."""
        under_way = OpenBatches(self._bucket).find()
        for document, objects in self._list(before):
            kept = [each for each in objects if _is_original(document, each)]
            if kept and (since := self._find_end(document, under_way)) is not None and since <= before:
                yield Expired(Kind.ORIGINALS, document, since, sum(each.size for each in kept))

    def find_evidence(self, before: datetime) -> Iterator[Expired]:
        """Those of documents that are in quarantine no longer."""
        quarantined = find_quarantined(self._bucket)
        for document, objects in self._list(before):
            for each in objects:
                if _is_evidence(each) and each.changed_at <= before and document not in quarantined:
                    name = each.key.removeprefix(f"{DOCUMENTS}/")
                    yield Expired(Kind.EVIDENCE, name, each.changed_at, each.size)

    def remove(self, expired: Expired) -> None:
        """Remove what is kept of a document, or one sealed file."""
        if expired.kind is Kind.EVIDENCE:
            self._bucket.remove(f"{DOCUMENTS}/{expired.name}")
            return
        document = DocumentId(expired.name)
        kept = [each.key for each in self._bucket.list(place_of(document)) if _is_original(document, each)]
        if kept:
            self._bucket.remove(*kept)

    def _list(self, before: datetime) -> Iterator[tuple[DocumentId, Sequence[Listed]]]:
        """Every document that came before then, with its objects, but those of which this process knows marks alone."""
        end = first = document_id(before, bytes(6))
        listed = self._bucket.list(DOCUMENTS, after=f"{DOCUMENTS}/{self._first}" if self._first else None)
        for name, objects in groupby(listed, key=lambda each: each.key.split("/")[1]):
            if name >= end:
                break
            if is_document_id(name):
                document, found = DocumentId(name), tuple(objects)
                if not all(_is_mark(document, each) for each in found):
                    first = min(first, document)
                yield document, found
        self._first = max(first, self._first)

    def _find_end(self, document: DocumentId, under_way: Collection[BatchId]) -> datetime | None:
        """Since when nothing has been left to do with its original; None where something is."""
        delivered = self._deliveries.find_end(document)
        if delivered is not None:
            sidecar, since = delivered
            return None if sidecar.batch in under_way else since
        resent = self._resent.find(document)
        return resent.at if resent is not None else self._skipped.find_end(document)


def _is_original(document: DocumentId, listed: Listed) -> bool:
    return not _is_evidence(listed) and not _is_mark(document, listed)


def _is_mark(document: DocumentId, listed: Listed) -> bool:
    return listed.key in {left_mark(document), refused_mark(document)}


def _is_evidence(listed: Listed) -> bool:
    return listed.key.rpartition("/")[2].startswith(_EVIDENCE)
