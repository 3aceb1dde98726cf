"""What becomes of documents whose content came before, where machines share a bucket.

    firsts/<route>/<SHA-256>            which document came first (`firsts`): one conditional write for each document
    duplicates/<month>/<document id>    the decision to skip it (`skipped`)
    repeated/<route>/<document id>      one that waits for the earlier sealed file (`parked`)
    documents/<id>/returned             that file, from the decision to return it until it is delivered

Where the first one was put aside meanwhile, who waits for it is sealed, and the next copy is the first; what was
skipped because of it stays skipped.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, EarlierDocument
from jobs.model.names import DocumentId, RouteName
from worker.objects.bucket import Bucket
from worker.objects.deliveries import Deliveries
from worker.objects.documents import left_mark, place_of, refused_mark, taken_key
from worker.objects.firsts import FirstDocuments
from worker.objects.known_contents import KnownContents
from worker.objects.outbox import OUTBOX
from worker.objects.parked import Parked, ParkedObjects
from worker.objects.shelf import ObjectShelf
from worker.objects.skipped import SkippedDocuments
from worker.storage.copying import hash_files
from worker.storage.index.batch_index import BatchIndex
from worker.storage.sidecar import Sidecar
from worker.storage.threads import in_thread

_EVERY = timedelta(seconds=5)
"""Between two looks at what waits: as often as a machine looks at what others left behind."""


class ObjectDuplicates:
    """Implements `worker.storage.duplicate_ports.DuplicateBook` in a bucket. `clock` gives monotonic seconds."""

    def __init__(
        self,
        bucket: Bucket,
        shelf: ObjectShelf,
        index: BatchIndex,
        *,
        every: timedelta = _EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = bucket
        self._shelf = shelf
        self._deliveries = Deliveries(bucket, OUTBOX)
        self._firsts = FirstDocuments(bucket, self._deliveries)
        self._known = KnownContents(index, self._deliveries, self._firsts)
        self._parked = ParkedObjects(bucket)
        self._skipped = SkippedDocuments(bucket)
        self._every = every.total_seconds()
        self._clock = clock
        self._looked_at: float | None = None
        self._noted: set[RouteName] = set()

    @asynccontextmanager
    async def deciding(self, route: RouteName) -> AsyncIterator[None]:  # noqa: ARG002  the port's
        """Nobody waits: each decision is one object."""
        yield

    async def find_earlier(self, document: Document, *, is_parked: bool = False) -> EarlierDocument | None:
        """Which document of that content and route came before; None where it is this one that goes on to a seal."""
        if document.route not in self._noted:
            await self._note_waiting(document.route)
        return await self._find_earlier(document, await self._known.find(document), is_parked=is_parked)

    @in_thread
    def prefer(self, document: Document) -> None:
        """Have it count as the first of its content, whatever came before."""
        self._firsts.prefer(document)

    @in_thread
    def read(self, document: DocumentId) -> Duplicate | None:
        """What was decided of that document; None where nothing was."""
        return self._skipped.read(document)

    @in_thread
    def record(self, duplicate: Duplicate) -> None:
        """Write the decision down before it is followed; one that was made before stays."""
        self._skipped.record(duplicate)

    @in_thread
    def tell(self, duplicate: Duplicate) -> Duplicate:
        """Put the note into the outbox, and have the document be over; doing it again changes nothing."""
        told = self._skipped.tell(duplicate)
        self._bucket.write(left_mark(told.document.id), b"")
        self._bucket.remove(taken_key(told.document.id))
        return told

    @in_thread
    def park(self, document: Document) -> None:
        """Have an inspected document wait for the sealed file of the same content."""
        self._parked.add(document)
        self._bucket.remove(taken_key(document.id))
        self._shelf.layout.place(document.id).claim.unlink(missing_ok=True)

    @in_thread
    def list_parked(self) -> tuple[Document, ...]:
        """Documents that wait so, oldest first."""
        return tuple(self._parked.all())

    @in_thread
    def list_due(self) -> tuple[Document, ...]:
        """The same, every few seconds: each look costs a request."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < self._every:
            return ()
        self._looked_at = now
        return tuple(self._parked.all())

    @in_thread
    def is_parked(self, document: Document) -> bool:
        """Whether it waits so still; who was held up may have put one there once more that is over."""
        if self._bucket.has(left_mark(document.id)):
            self._parked.remove(document)
        return self._parked.read(document) is not None

    @in_thread
    def find_returnable(self, document: Document, earlier: EarlierDocument, level: str) -> Sidecar | None:
        """The earlier sealed file, with a copy of it on this machine's shelf; None where it does not stand there."""
        parked = self._parked.read(document)
        if parked is not None and not parked.is_decided:
            noted = self._deliveries.read(earlier.document)
            if noted is None or not noted.is_delivered or noted.sidecar.sealed.level != level:
                return None
            if not self._set_apart(document, noted.sidecar):
                return None
            parked = self._parked.decide(Parked(document=document, returns=noted.sidecar))
        if parked is None or parked.returns is None:
            return None
        own = self._deliveries.read(document.id)
        if (own is None or not own.is_delivered) and not self._bring(document, parked.returns):
            raise OSError(f"{_returned(document)} is not what was sealed; restore it from a copy")
        return parked.returns

    @in_thread
    def let_in(self, document: Document, earlier: EarlierDocument | None = None) -> bool:
        """Have it sealed like any other, in the place of the `earlier` one; False where it goes on waiting."""
        parked = self._parked.read(document)
        if parked is not None and not parked.is_decided and self._firsts.take_over(document, earlier):
            parked = self._parked.decide(Parked(document=document, is_let_in=True))
        if parked is None or not parked.is_let_in:
            return False
        self._shelf.admit([document])
        self._parked.remove(document)
        return True

    @in_thread
    def strike_off(self, document: Document) -> None:
        """Have it wait no more: everything else of it is done."""
        self._bucket.write(left_mark(document.id), b"")
        self._bucket.remove(_returned(document))
        self._parked.remove(document)

    @in_thread
    def list_skipped(self, before: DocumentId, most: int) -> tuple[Duplicate, ...]:
        """The newest of those that were skipped and whose id sorts below that one."""
        return tuple(self._skipped.newest(before, most))

    @in_thread
    def notes(self) -> frozenset[str]:
        """All notes in the outbox that are ours, as paths below it."""
        return self._skipped.notes()

    async def _note_waiting(self, route: RouteName) -> None:
        if not await asyncio.to_thread(self._firsts.is_noted, route):
            waiting = await self._shelf.waiting_list(route)
            await asyncio.to_thread(self._firsts.note_waiting, route, waiting)
        self._noted.add(route)

    @in_thread
    def _find_earlier(
        self, document: Document, known: EarlierDocument | None, *, is_parked: bool
    ) -> EarlierDocument | None:
        parked = self._parked.read(document) if is_parked else None
        if parked is not None and parked.is_decided:
            return None if parked.returns is None else parked.returns.earlier
        first = self._firsts.claim(document, known)
        if first.document == document.id:
            return None
        if decided := self._skipped.read(document.id):
            return decided.earlier
        if self._bucket.has(left_mark(document.id)) or self._bucket.has(refused_mark(document.id)):
            # It has gone its way; to let it in once more changes nothing.
            return None
        noted = self._deliveries.read(first.document)
        return first if noted is None or not noted.is_delivered else noted.sidecar.earlier

    def _set_apart(self, document: Document, sidecar: Sidecar) -> bool:
        """Copy the sealed file within the bucket, so that it can be returned whoever collects it meanwhile.

        False where it does not stand there as it was delivered.
        """
        with suppress(FileNotFoundError):
            self._bucket.copy(f"{OUTBOX}/{sidecar.route}/{sidecar.sealed.name}", _returned(document))
            return self._bring(document, sidecar)
        return False

    def _bring(self, document: Document, sidecar: Sidecar) -> bool:
        """Have the copy on this machine's shelf; False where it is not what was delivered."""
        sealed = self._shelf.layout.place(document.id).sealed
        self._bucket.fetch(_returned(document), sealed)
        (found,) = hash_files(sealed)
        return found.sha256.hex == sidecar.sealed.sha256


def _returned(document: Document) -> str:
    return f"{place_of(document.id)}/returned"
