"""Which document came first with its content, of all that machines sharing a bucket take in on one route.

    firsts/<route>/<SHA-256 of the original>     the first one (`EarlierDocument`); created where there is none

Of two copies that come at once one creates the object, and the other finds it: nobody waits for anybody. It stands
behind the original and its claim, so that the document it names comes to an end whoever dies. What it names may have
been put aside since, or be unknown by now: then it counts for nothing, and the next one replaces that very object
(If-Match). So none of them ever has to be removed.

    firsts-noted/<route>    what waited when the route was set to look for duplicates is among them
"""

from collections.abc import Collection
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.names import DocumentId, RouteName
from worker.objects.bucket import Bucket
from worker.objects.deliveries import Deliveries
from worker.objects.documents import WAITING, left_mark, refused_mark, taken_key
from worker.objects.failures import Replaced
from worker.objects.parked import REPEATED

_FIRSTS, _NOTED = "firsts", "firsts-noted"


class FirstDocuments:
    """The first documents of one bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, deliveries: Deliveries) -> None:
        self._bucket = bucket
        self._deliveries = deliveries

    def claim(self, document: Document, known: EarlierDocument | None) -> EarlierDocument:
        """The first of that content: the document itself, or one before it.

        `known` is one that was sealed or gathered before anybody noted who is first.
        """
        key, wanted = _key(document), known or describe_first(document)
        while True:
            with suppress(FileExistsError):
                self._bucket.create(key, _write(wanted))
                return wanted
            with suppress(FileNotFoundError, Replaced):
                found = self._bucket.look(key)
                first = _read(found.content)
                if first is not None and (first.document == document.id or self.counts(first.document, document.route)):
                    return first
                self._bucket.replace(key, _write(wanted), found.version)
                return wanted

    def is_noted(self, route: RouteName) -> bool:
        """Whether what waited there before anybody noted who is first was noted since."""
        return self._bucket.has(f"{_NOTED}/{route}")

    def note_waiting(self, route: RouteName, waiting: Collection[Document]) -> None:
        """Note what waits there: it came before whatever comes now."""
        self._bucket.each(lambda document: self.claim(document, None), waiting)
        self._bucket.write(f"{_NOTED}/{route}", b"")

    def take_over(self, document: Document, earlier: EarlierDocument | None) -> bool:
        """Be the first in the place of `earlier`; False where it is another one by now."""
        try:
            found = self._bucket.look(_key(document))
            first = _read(found.content)
            if first is None or first.document != document.id:
                if first is not None and (earlier is None or first.document != earlier.document):
                    return False
                self._bucket.replace(_key(document), _write(describe_first(document)), found.version)
        except (FileNotFoundError, Replaced):
            return False
        return True

    def prefer(self, document: Document) -> None:
        """Be the first in the place of whatever is."""
        self._bucket.write(_key(document), _write(describe_first(document)))

    def counts(self, document: DocumentId, route: RouteName) -> bool:
        """Whether it is on its way to a seal, or has one.

        A document only ever goes from one of these places to the next: in this order none is missed.
        """
        left = left_mark(document)
        under_way = (taken_key(document), f"{REPEATED}/{route}/{document}", f"{WAITING}/{route}/{document}")
        if not self._bucket.has(left) and any(map(self._bucket.has, under_way)):
            return True
        if self._bucket.has(refused_mark(document)):
            return False
        return self._bucket.has(left) or self._deliveries.read(document) is not None


def forget_noted(bucket: Bucket, routes: Collection[RouteName]) -> None:
    """Forget that what waits on these routes was noted: nobody notes who is first there. Blocks; raises OSError."""
    if routes:
        bucket.remove(*(f"{_NOTED}/{route}" for route in routes))


def describe_first(document: Document) -> EarlierDocument:
    """The document as the one before others."""
    return EarlierDocument(document=document.id, name=document.name, received_at=document.received_at)


def _key(document: Document) -> str:
    return f"{_FIRSTS}/{document.route}/{document.sha256.hex}"


def _write(first: EarlierDocument) -> bytes:
    return first.model_dump_json(exclude_none=True).encode()


def _read(content: bytes) -> EarlierDocument | None:
    """None where it is damaged: then it names nobody."""
    with suppress(ValidationError):
        return EarlierDocument.model_validate_json(content)
    return None
