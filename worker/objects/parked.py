"""Documents that wait for the sealed file of the same content: `repeated/<route>/<document id>`.

What becomes of one is written into its entry before it is done, in the place of the entry that was read (If-Match):
two machines, or one that was held up, never both return a sealed file and have the document sealed.
"""

from collections.abc import Sequence
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from worker.objects.bucket import Bucket
from worker.objects.failures import Replaced
from worker.storage.sidecar import Sidecar

REPEATED = "repeated"


class Parked(Frozen):
    """A document that waits so, until it is decided what it gets: the sealed file of that sidecar, or its own seal."""

    document: Document
    returns: Sidecar | None = None
    is_let_in: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether that is so."""
        return self.is_let_in or self.returns is not None


class ParkedObjects:
    """The entries of one bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def add(self, document: Document) -> None:
        """Have it wait; what waits already stays as it is."""
        with suppress(FileExistsError):
            self._bucket.create(parked_key(document), Parked(document=document).model_dump_json().encode())

    def all(self) -> Sequence[Document]:
        """All that wait, oldest first."""
        keys = [each.key for each in self._bucket.list(REPEATED)]
        found = filter(None, self._bucket.each(self._find, keys))
        return sorted((each.document for each in found), key=lambda one: one.id)

    def read(self, document: Document) -> Parked | None:
        """How it stands; None where it waits no more."""
        return self._find(parked_key(document))

    def decide(self, parked: Parked) -> Parked | None:
        """Write down what becomes of it, unless that was decided before; gives what counts."""
        key = parked_key(parked.document)
        while True:
            with suppress(Replaced):
                try:
                    found = self._bucket.look(key)
                except FileNotFoundError:
                    return None
                known = Parked.model_validate_json(found.content)
                if known.is_decided:
                    return known
                self._bucket.replace(key, parked.model_dump_json().encode(), found.version)
                return parked

    def remove(self, document: Document) -> None:
        """It waits no more."""
        self._bucket.remove(parked_key(document))

    def _find(self, key: str) -> Parked | None:
        with suppress(FileNotFoundError, ValidationError):
            return Parked.model_validate_json(self._bucket.read(key))
        return None


def parked_key(document: Document) -> str:
    """Where the entry of that document stands."""
    return f"{REPEATED}/{document.route}/{document.id}"
