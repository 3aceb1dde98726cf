"""What people see of the quarantine, below `quarantine/` in the bucket: copies, and why they are there. All blocks."""

from datetime import tzinfo
from pathlib import Path

from pydantic import ValidationError

from jobs.model.names import DocumentId
from jobs.model.text import Language
from worker.objects.bucket import Bucket
from worker.objects.documents import StoredDocuments, place_of
from worker.objects.free_names import FreeNames
from worker.objects.quarantine_records import QUARANTINE
from worker.storage.explanation import Explanation, QuarantineRecord
from worker.storage.names import escape_controls
from worker.storage.quarantine_folder import LARGEST_COPY, UNROUTED

_NOTE, _WORDS, _SIDECAR, *_EVIDENCE = (".error.json", ".txt", ".json", ".unverified", ".sealed")
_SPARE = len(".unverified")


class QuarantineView:
    """The copies of one bucket. Doing anything again changes nothing."""

    def __init__(self, bucket: Bucket, documents: StoredDocuments, language: Language, zone: tzinfo | None) -> None:
        self._bucket = bucket
        self._documents = documents
        self._language = language
        self._zone = zone
        self._names = FreeNames(bucket, _SPARE)

    def show(self, explanation: Explanation) -> str:
        """Put a copy of the original there with its explanation, sidecar and evidence; gives where it is."""
        folder = f"{QUARANTINE}/{explanation.route or UNROUTED}"
        name = self._reserve(folder, explanation)
        target, place = f"{folder}/{name}", place_of(explanation.document)
        is_shown = explanation.size <= LARGEST_COPY
        if is_shown:
            self._documents.show(explanation.document, target)
        where = None if is_shown else Path(place)
        words = explanation.in_plain_words(where, language=self._language, zone=self._zone)
        self._bucket.write(target + _WORDS, words.encode())
        for source, ending in (("metadata", _SIDECAR), *((f"evidence{ending}", ending) for ending in _EVIDENCE)):
            if self._bucket.exists(f"{place}/{source}"):
                self._bucket.copy(f"{place}/{source}", target + ending)
        return target.removeprefix(f"{QUARANTINE}/")

    def remove(self, record: QuarantineRecord, *, leave_copy: bool = False) -> None:
        """Remove the copies and the explanation; a copy that somebody has edited is left to them."""
        target = f"{QUARANTINE}/{record.shown_as}"
        keys = [target + ending for ending in (_WORDS, _NOTE, *_EVIDENCE)]
        if not leave_copy and not self._is_edited(record, target):
            keys += [target, target + _SIDECAR, *(each.key for each in self._bucket.list(target))]
        self._bucket.remove(*keys)

    def _reserve(self, folder: str, explanation: Explanation) -> str:
        note, wanted = explanation.model_dump_json(indent=2).encode(), escape_controls(explanation.name)
        for number, name in self._names.give(folder, wanted):
            key = f"{folder}/{name}{_NOTE}"
            if not self._bucket.exists(f"{folder}/{name}"):
                try:
                    self._bucket.create(key, note)
                except FileExistsError:
                    pass
                else:
                    self._names.note(folder, wanted, number)
                    return name
            if self._is_of(explanation.document, key):
                return name
        raise AssertionError("names do not run out")

    def _is_of(self, document: DocumentId, note: str) -> bool:
        try:
            return Explanation.model_validate_json(self._bucket.read(note)).document == document
        except (FileNotFoundError, ValidationError):
            return False

    def _is_edited(self, record: QuarantineRecord, target: str) -> bool:
        """Whether the copy has other bytes than the original; of a folder, or of what is gone, nobody asks."""
        sha256 = record.explanation.sha256
        if not sha256 or not self._bucket.exists(target):
            return False
        return self._bucket.hash(target) != sha256
