"""As which new document a refused one was sent through again.

    origins/<id of the new one>   which document it is the sending again of, and why that had been refused
    resent/<document id>          the same, created once: whatever was announced, this one is it

Two machines may send one document again at the same moment, each as a document of its own; both announce it, and both
have it in the bucket, before that one object decides. So whoever dies in between leaves nothing that is lost.
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

    def announce(self, resent: Resent) -> None:
        """Note what somebody is about to do."""
        self._bucket.write(_origin(resent.became), resent.model_dump_json(indent=2).encode())

    def decide(self, document: DocumentId) -> bool:
        """Say whether it is as that document that the earlier one was sent again; the first to ask has it so."""
        resent = self.find_origin(document)
        if resent is None:
            # It died before it was announced: the earlier one is in quarantine as it was.
            return False
        earlier = resent.explanation.document
        with suppress(FileExistsError):
            self._bucket.create(_resent(earlier), resent.model_dump_json(indent=2).encode())
            return True
        found = self.find(earlier)
        return found is not None and found.became == document

    def withdraw(self, document: DocumentId) -> None:
        """Forget the announcement of one that was not to be."""
        self._bucket.remove(_origin(document))

    def find(self, document: DocumentId) -> Resent | None:
        """What the document became when it was sent again; None where nothing is known of that."""
        return self._read(_resent(document))

    def find_origin(self, document: DocumentId) -> Resent | None:
        """What the document was before it was sent again; None for one that was dropped or handed in."""
        return self._read(_origin(document))

    def _read(self, key: str) -> Resent | None:
        with suppress(FileNotFoundError, ValidationError):
            return Resent.model_validate_json(self._bucket.read(key))
        return None


def _resent(document: DocumentId) -> str:
    return f"{_RESENT}/{document}"


def _origin(document: DocumentId) -> str:
    return f"{_ORIGINS}/{document}"
