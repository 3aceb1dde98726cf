"""What was delivered, by document and by content: notes that consumers, who take everything else away, do not see.

deliveries/<document id>                 the sidecar, and whether the delivery is over
contents/<sha256>/<document id>          the same sidecar, by the hash of the original
"""

from collections.abc import Collection, Container, Mapping
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.frozen import Frozen
from jobs.model.names import DocumentId
from worker.objects.bucket import Bucket
from worker.storage.delivery_index import Remembered
from worker.storage.sidecar import Sidecar

_NOTES, _CONTENTS = "deliveries", "contents"


class Noted(Frozen):
    """One delivery: from its reservation on, and whether it is over."""

    sidecar: Sidecar
    is_delivered: bool = False


class Deliveries:
    """The notes of one bucket; `outbox` is the folder that consumers see. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, outbox: str) -> None:
        self._bucket = bucket
        self._outbox = outbox

    def read(self, document: DocumentId) -> Noted | None:
        """The note on that document; None where there is none, and where it is damaged: twice, then, and not never."""
        with suppress(FileNotFoundError, ValidationError):
            return Noted.model_validate_json(self._bucket.read(_note(document)))
        return None

    def find_end(self, document: DocumentId) -> tuple[Sidecar, datetime] | None:
        """Of a delivery that is over: what was delivered, and when that was noted; None of any other."""
        with suppress(FileNotFoundError, ValidationError):
            found = self._bucket.look(_note(document))
            noted = Noted.model_validate_json(found.content)
            return (noted.sidecar, found.changed_at) if noted.is_delivered else None
        return None

    def documents(self) -> list[DocumentId]:
        """Every document of which there is a note."""
        return [DocumentId(each.key.rpartition("/")[2]) for each in self._bucket.list(_NOTES)]

    def beyond(self, known: Container[DocumentId]) -> Remembered:
        """What is noted of other documents than these; the others are only counted."""
        documents = self.documents()
        noted = self._bucket.each(self.read, [document for document in documents if document not in known])
        return Remembered(len(documents), 0, tuple((each.sidecar, True) for each in noted if each is not None))

    def begin(self, sidecar: Sidecar) -> Noted:
        """Note a delivery whose name is reserved; where another worker has noted it meanwhile, that counts."""
        noted = Noted(sidecar=sidecar)
        # Remembered before the file is there: nothing that may have been delivered is sealed once more unseen.
        self._bucket.write(f"{_CONTENTS}/{sidecar.original.sha256}/{sidecar.document}", sidecar.line)
        try:
            self._bucket.create(_note(sidecar.document), noted.model_dump_json().encode())
        except FileExistsError:
            return self.read(sidecar.document) or noted
        return noted

    def finish(self, noted: Noted) -> Noted:
        """Note that it is over; where another worker has finished it, that counts."""
        known = self.read(noted.sidecar.document)
        if known is not None and known.is_delivered:
            return known
        done = noted.model_copy(update={"is_delivered": True})
        self._bucket.write(_note(noted.sidecar.document), done.model_dump_json().encode())
        return done

    def give_up(self, noted: Noted) -> None:
        """Forget a reservation whose name has gone to another."""
        self._bucket.remove(_note(noted.sidecar.document))

    def describe(self, sidecar: Sidecar) -> EarlierDelivery:
        """The same in the stories' words, with a look whether the file is there."""
        return EarlierDelivery(
            delivery=sidecar.delivery,
            batch=sidecar.batch,
            original=Digest(algorithm=HashAlgorithm.SHA256, hex=sidecar.original.sha256),
            sealed_at=sidecar.sealed.sealed_at,
            is_proven=self._is_there(sidecar),
        )

    def of_content(self, document: Document) -> tuple[Sidecar, ...]:
        """Deliveries on its route of the very same content, but for its own, newest document last."""
        same = (document.route, document.size)
        found = self._read_all(document.sha256.hex)
        return tuple(
            each for each in found if (each.route, each.original.size) == same and each.document != document.id
        )

    def of_originals(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """The newest delivery of each of these contents (SHA-256, hexadecimal), whatever document it was."""
        return {sha: found[-1] for sha in hashes if (found := self._read_all(sha))}

    def _read_all(self, sha: str) -> list[Sidecar]:
        keys = [each.key for each in self._bucket.list(f"{_CONTENTS}/{sha}")]
        found: list[Sidecar] = []
        for content in self._bucket.each(self._bucket.read, keys):
            with suppress(ValidationError):
                found.append(Sidecar.model_validate_json(content))
        return found

    def _is_there(self, sidecar: Sidecar) -> bool:
        try:
            found = self._bucket.hash(f"{self._outbox}/{sidecar.route}/{sidecar.sealed.name}")
        except FileNotFoundError:
            return False
        return found == sidecar.sealed.sha256


def _note(document: DocumentId) -> str:
    return f"{_NOTES}/{document}"
