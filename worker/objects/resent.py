"""Which new document a refused one became when it was sent through again.

resent/<document id>/<id of the new one>     why the first was refused
origins/<id of the new one>                  the same
"""

from contextlib import suppress

from pydantic import ValidationError

from jobs.model.names import DocumentId
from worker.objects.bucket import Bucket
from worker.storage.resent import Resent

_RESENT, _ORIGINS = "resent", "origins"


class ResentObjects:
    """The notes of one bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def write(self, resent: Resent) -> None:
        """Keep it."""
        content = resent.model_dump_json(indent=2).encode()
        self._bucket.write(f"{_ORIGINS}/{resent.became}", content)
        self._bucket.write(f"{_RESENT}/{resent.explanation.document}/{resent.became}", content)

    def find(self, document: DocumentId) -> Resent | None:
        """What the document became when it was last sent again; None where nothing is known of that."""
        # The names of documents sort by time.
        keys = [each.key for each in self._bucket.list(f"{_RESENT}/{document}")]
        return next((found for key in reversed(keys) if (found := self._read(key))), None)

    def find_origin(self, document: DocumentId) -> Resent | None:
        """What the document was before it was sent again; None for one that was dropped or handed in."""
        return self._read(f"{_ORIGINS}/{document}")

    def _read(self, key: str) -> Resent | None:
        with suppress(FileNotFoundError, ValidationError):
            return Resent.model_validate_json(self._bucket.read(key))
        return None
