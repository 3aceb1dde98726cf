"""Decisions to skip documents, and the notes on them in the outbox.

duplicates/<month>/<document id>       the decision, created before anything is done about it
outbox/<route>/<name>.duplicate.json   the note, for whoever handed it in
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from jobs.model.duplicates import Duplicate
from jobs.model.names import DocumentId
from worker.objects.bucket import Bucket
from worker.objects.free_names import FreeNames
from worker.objects.outbox import OUTBOX
from worker.storage.duplicates import NOTE, write_note
from worker.storage.names import escape_controls

DUPLICATES = "duplicates"
_MONTH = len("202611")


class SkippedDocuments:
    """The decisions of one bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._names = FreeNames(bucket, 0)

    def read(self, document: DocumentId) -> Duplicate | None:
        """What was decided of that document; None where nothing was."""
        return self._read(_key(document))

    def find_end(self, document: DocumentId) -> datetime | None:
        """When it was noted that the outbox tells of it; None where it does not yet, or nothing was decided."""
        with suppress(FileNotFoundError, ValidationError):
            found = self._bucket.look(_key(document))
            return found.changed_at if Duplicate.model_validate_json(found.content).note is not None else None
        return None

    def record(self, duplicate: Duplicate) -> None:
        """Write the decision down; one that was made before stays."""
        with suppress(FileExistsError):
            self._bucket.create(_key(duplicate.document.id), _write(duplicate))

    def tell(self, duplicate: Duplicate) -> Duplicate:
        """Put the note into the outbox; doing it again changes nothing."""
        known = self.read(duplicate.document.id) or duplicate
        if known.note is not None:
            return known
        route = known.document.route
        folder, content = f"{OUTBOX}/{route}", write_note(known)
        name = f"{escape_controls(known.document.name)}{NOTE}"
        for number, free in self._names.give(folder, name):
            if self._is_put(f"{folder}/{free}", content):
                self._names.note(folder, name, number)
                told = known.model_copy(update={"note": f"{route}/{free}"})
                self._bucket.write(_key(known.document.id), _write(told))
                return told
        raise AssertionError("names do not run out")

    def newest(self, before: DocumentId, most: int) -> Sequence[Duplicate]:
        """The newest whose id sorts below that one: one month after the other, from the last."""
        keys: list[str] = []
        for month in sorted(self._bucket.names(DUPLICATES), reverse=True):
            if len(keys) < most and month <= before[:_MONTH]:
                of_month = [each.key for each in self._bucket.list(f"{DUPLICATES}/{month}")]
                keys += [key for key in reversed(of_month) if key.rpartition("/")[2] < before]
        return [*filter(None, self._bucket.each(self._read, keys[:most]))]

    def notes(self) -> frozenset[str]:
        """All notes in the outbox that are ours, as paths below it."""
        known = self._bucket.each(self._read, [each.key for each in self._bucket.list(DUPLICATES)])
        return frozenset(each.note for each in known if each is not None and each.note is not None)

    def _is_put(self, key: str, content: bytes) -> bool:
        """Create the note there, where it does not stand there already; False where something else does."""
        try:
            self._bucket.create(key, content)
        except FileExistsError:
            with suppress(FileNotFoundError):
                return self._bucket.read(key) == content
            return False
        return True

    def _read(self, key: str) -> Duplicate | None:
        with suppress(FileNotFoundError, ValidationError):
            return Duplicate.model_validate_json(self._bucket.read(key))
        return None


def _key(document: DocumentId) -> str:
    return f"{DUPLICATES}/{document[:_MONTH]}/{document}"


def _write(duplicate: Duplicate) -> bytes:
    return duplicate.model_dump_json(indent=2).encode()
