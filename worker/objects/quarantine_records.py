"""Why each document is in quarantine: an object each below `quarantined/`, of which each is read once. All blocks."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from jobs.model.names import DocumentId, is_document_id
from worker.objects.bucket import Bucket, Listed
from worker.objects.documents import StoredDocuments, place_of
from worker.storage.explanation import QuarantineEntry, QuarantineRecord
from worker.storage.layout import Layout

QUARANTINE = "quarantine"
"""Where people look."""
_RECORDS = "quarantined"


@dataclass(frozen=True, slots=True)
class StoredEntry(QuarantineEntry):
    """An entry whose copies for people stand in the bucket; `original` is on this machine once it was brought."""

    @property
    def path(self) -> Path:
        """Where a person finds it, as a key of the bucket."""
        return self.shown


class QuarantineRecords:
    """The records of one bucket; originals that somebody wants to read come onto this machine's shelf."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._known: dict[str, tuple[str, QuarantineRecord | None]] = {}

    def read(self, document: DocumentId) -> QuarantineRecord | None:
        """The record of that document; None where there is none, and where it is damaged."""
        # Not every text that a person types names an object of ours.
        return self._read(_key(document)) if is_document_id(document) else None

    def write(self, record: QuarantineRecord) -> None:
        """Keep a record; an earlier one is replaced."""
        self._bucket.write(_key(record.explanation.document), record.model_dump_json(indent=2).encode())

    def remove(self, document: DocumentId) -> None:
        """Forget the record of a document."""
        self._bucket.remove(_key(document))

    def documents(self) -> frozenset[DocumentId]:
        """All of which there is a record, by its name alone."""
        return find_quarantined(self._bucket)

    def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every one, oldest first."""
        listed = list(self._bucket.list(_RECORDS))
        known = {each.key: self._known[each.key] for each in listed if self._is_known(each)}
        fresh = [each for each in listed if each.key not in known]
        read = self._bucket.each(lambda each: self._read(each.key), fresh)
        known |= {each.key: (each.version, record) for each, record in zip(fresh, read, strict=True)}
        self._known = known
        entries = (self._entry_of(record) for _, record in known.values() if record is not None)
        return tuple(sorted(entries, key=lambda entry: entry.explanation.quarantined_at))

    def bring(self, record: QuarantineRecord, documents: StoredDocuments) -> QuarantineEntry:
        """The entry, with its original and sidecar on this machine, as somebody will read or send them."""
        entry = self._entry_of(record)
        document = record.explanation.document
        kept = self._layout.quarantine_place(document)
        documents.have(document, kept.original)
        if not kept.metadata.exists() and self._bucket.has(f"{place_of(document)}/metadata"):
            self._bucket.fetch(f"{place_of(document)}/metadata", kept.metadata)
        metadata = kept.metadata if kept.metadata.exists() else None
        return StoredEntry(entry.original, entry.shown, entry.explanation, entry.dismissal, metadata)

    def _entry_of(self, record: QuarantineRecord) -> QuarantineEntry:
        original = self._layout.quarantine_place(record.explanation.document).original
        return StoredEntry(original, Path(QUARANTINE, record.shown_as), record.explanation, record.dismissal)

    def _is_known(self, listed: Listed) -> bool:
        return listed.key in self._known and self._known[listed.key][0] == listed.version

    def _read(self, key: str) -> QuarantineRecord | None:
        try:
            return QuarantineRecord.model_validate_json(self._bucket.read(key))
        except (FileNotFoundError, ValidationError):
            return None


def find_quarantined(bucket: Bucket) -> frozenset[DocumentId]:
    """All documents that are in quarantine, by the names of their records alone."""
    return frozenset(DocumentId(name) for name in bucket.names(_RECORDS))


def _key(document: DocumentId) -> str:
    return f"{_RECORDS}/{document}"
