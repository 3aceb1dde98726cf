"""From the bucket onto this machine's disk, and back: what others can reach only there."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import structlog

from jobs.model.documents import Document
from jobs.model.errors import BrokenLedger
from jobs.model.names import DocumentId, RouteName
from worker.clock import utc_now
from worker.objects.adoption import Adoption
from worker.objects.bucket import Bucket
from worker.objects.copies import LocalCopies
from worker.objects.documents import StoredDocuments, place_of
from worker.objects.mirror import LedgerMirror
from worker.objects.outbox import OUTBOX, REPORT, sidecar_keys
from worker.storage.durable import make_folder
from worker.storage.layout import Layout
from worker.storage.moving import remove
from worker.storage.quarantine import UNARCHIVED
from worker.storage.reach import TellDone, tell_nobody
from worker.storage.threads import in_thread

log = structlog.get_logger()

_AFTER_FAILURE = timedelta(seconds=30)
_PASSING = "passing"
"""Below the data folder: sealed files on their way from the bucket to somewhere else."""
_LEFT = timedelta(days=1)
"""After which nobody is on it any more."""


class BucketReach:
    """Implements `worker.storage.reach.Reach` for a bucket."""

    def __init__(
        self,
        bucket: Bucket,
        documents: StoredDocuments,
        layout: Layout,
        copies: LocalCopies,
        *,
        mirror: LedgerMirror,
        adoption: Adoption,
    ) -> None:
        self._bucket = bucket
        self._documents = documents
        self._layout = layout
        self._copies = copies
        self._mirror = mirror
        self._adoption = adoption

    def keep(self, documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
        """Have what stands on this machine's shelf in the bucket; gives the errors of those that are not. Blocks."""
        return self._documents.keep_all(documents)

    def adopt(self) -> int:
        """Have on this machine's shelf what another took in and does not finish; gives how many. Blocks."""
        return self._adoption.adopt()

    async def bring(self, document: Document) -> None:
        """Have the original on this machine's shelf; one that is kept nowhere any more does not come."""
        with suppress(FileNotFoundError):
            await self._documents.bring(document)

    @in_thread
    def bring_refused(self, document: DocumentId) -> None:
        """Have what is kept of a document in quarantine in this machine's place for it."""
        kept, folder = self._layout.quarantine_place(document), place_of(document)
        with suppress(FileNotFoundError):
            self._documents.have(document, kept.original)
        for key, path in (("metadata", kept.metadata), (f"evidence{UNARCHIVED}", kept.evidence(UNARCHIVED))):
            if not path.exists() and self._bucket.exists(f"{folder}/{key}"):
                self._fetch(f"{folder}/{key}", path)

    @in_thread
    def bring_delivered(self, route: RouteName, name: str) -> None:
        """Have a sealed file with its sidecar in this machine's outbox, where it still stands in the bucket."""
        visible, _ = sidecar_keys(name)
        for each in (name, visible):
            path, key = self._copies.outbox / route / each, f"{OUTBOX}/{route}/{each}"
            try:
                self._copies.note_delivered(route, each)
                self._fetch(key, path)
            except FileNotFoundError:
                path.unlink(missing_ok=True)

    @asynccontextmanager
    async def bringing_delivered(self, route: RouteName, name: str) -> AsyncIterator[Path]:
        """Have a sealed file and what stands beside it below an outbox folder of its own for the time of the block."""
        folder = await asyncio.to_thread(self._make_room)
        try:
            await asyncio.to_thread(self._fetch_delivered, route, name, folder)
            yield folder
        finally:
            await asyncio.to_thread(remove, folder)

    @in_thread
    def bring_ledger(self, tell: TellDone = tell_nobody) -> None:
        """Have every record in this machine's ledger folder; `tell` hears how far that is."""
        self._mirror.update(tell)

    async def follow_ledger(self, every: timedelta) -> None:
        """Do that again and again until cancelled. What goes wrong is told, and tried again."""
        while True:
            pause = every
            try:
                await asyncio.to_thread(self._mirror.update, may_lag=True)
            except (OSError, BrokenLedger) as error:
                log.warning("ledger not copied from the bucket", error=str(error))
                pause = _AFTER_FAILURE
            await asyncio.sleep(pause.total_seconds())

    async def tidy_for_ever(self, every: timedelta) -> None:
        """Remove copies that nothing needs any more, again and again until cancelled. What goes wrong is told."""
        while True:
            try:
                await asyncio.to_thread(self._copies.tidy, utc_now())
            except OSError as error:
                log.warning("copies on this machine not tidied", error=str(error))
            await asyncio.sleep(every.total_seconds())

    def _make_room(self) -> Path:
        """A folder for what is only passing through; what a crash left of others goes after a day."""
        rooms = make_folder(self._layout.root / _PASSING, 0o700)
        for left in rooms.iterdir():
            with suppress(FileNotFoundError):
                if utc_now().timestamp() - left.stat().st_mtime > _LEFT.total_seconds():
                    remove(left)
        return make_folder(rooms / secrets.token_hex(8))

    def _fetch_delivered(self, route: RouteName, name: str, folder: Path) -> None:
        for each in (name, sidecar_keys(name)[0], f"{name}{REPORT}"):
            with suppress(FileNotFoundError):
                self._fetch(f"{OUTBOX}/{route}/{each}", folder / route / each)

    def _fetch(self, key: str, path: Path) -> None:
        # Several may ask for one file at once: programs over the API, and pages of the desk.
        aside = make_folder(path.parent) / f".{secrets.token_hex(8)}.part"
        try:
            self._bucket.fetch(key, aside)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
