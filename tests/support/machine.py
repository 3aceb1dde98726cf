"""A machine that takes documents in and shares its bucket with others; it can die at any change it makes there."""

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from pathlib import Path

from jobs.model.documents import Document, Profile
from jobs.model.duplicates import Duplicates
from jobs.model.names import DocumentId
from tests.support.builders import INVOICES
from tests.whole.station import INSPECTORS
from worker.clock import utc_now
from worker.inbox.candidates import Inbox
from worker.inbox.claims import Claims
from worker.inbox.duplicates import DuplicateCheck
from worker.inbox.handing_in import HandingIn
from worker.inbox.intake import Intake
from worker.inbox.judgement import Judge
from worker.inbox.outcomes import IntakeOutcome
from worker.inbox.reception import Reception
from worker.inbox.staging import Staging
from worker.objects.adoption import Adoption
from worker.objects.bucket import Bucket
from worker.objects.documents import StoredDocuments
from worker.objects.duplicates import ObjectDuplicates
from worker.objects.hand_in_book import ObjectHandInBook
from worker.objects.outbox import ObjectOutbox
from worker.objects.quarantine import ObjectQuarantine
from worker.objects.shelf import ObjectShelf
from worker.objects.untaken import ObjectUntaken
from worker.storage.hand_in_book import HandInBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.layout import Layout

LIFE = timedelta(seconds=30)


class Death(BaseException):
    """The machine is gone."""


class MortalBucket(Bucket):
    """The same bucket, for a machine that dies right before it has changed that many objects."""

    def __init__(self, bucket: Bucket, changes: int | None = None) -> None:
        super().__init__(bucket._store)
        self.left = changes

    def write(self, key: str, content: bytes) -> str:
        self._count()
        return super().write(key, content)

    def create(self, key: str, content: bytes | Path) -> str:
        self._count()
        return super().create(key, content)

    def replace(self, key: str, content: bytes, version: str) -> str:
        self._count()
        return super().replace(key, content, version)

    def remove(self, *keys: str) -> None:
        self._count()
        super().remove(*keys)

    def send(self, key: str, path: Path) -> None:
        self._count()
        super().send(key, path)

    def copy(self, source: str, target: str) -> None:
        self._count()
        super().copy(source, target)

    def _count(self) -> None:
        if self.left == 0:
            raise Death
        if self.left is not None:
            self.left -= 1


class Machine:
    """Folders of its own below `base`, an inbox among them. `limit` is the largest file that it lets in, in bytes.

    It dies before it makes one change more than `changes`; a new one on the same folders is the same, started again.
    `rule` is what its route says of the same content handed in again.
    """

    def __init__(
        self, base: Path, bucket: Bucket, *, changes: int | None = None, rule: Duplicates = Duplicates.SEAL
    ) -> None:
        self.bucket = MortalBucket(bucket, changes)
        self.inbox, self.layout = base / "inbox", Layout(base / "data")
        self.limit: int | None = None
        self.clock = 0.0
        self.shelf = ObjectShelf(self.bucket, self.layout)
        self.quarantine = ObjectQuarantine(self.bucket, self.layout, now=utc_now)
        documents = StoredDocuments(self.bucket, self.layout)
        self.adoption = Adoption(self.bucket, documents, self.layout, life=LIFE, clock=lambda: self.clock)
        profiles = {INVOICES: Profile()}
        watched = Inbox(self.inbox, profiles, timedelta(0), apart=(self.layout.root,))
        judge = Judge(profiles, limit=lambda: self.limit, inspectors=INSPECTORS)
        self.claims = Claims(
            watched, self.layout, judge, now=utc_now, keep=documents.keep_all, adopt=self.adoption.adopt
        )
        rules = {} if rule is Duplicates.SEAL else {INVOICES: rule}
        reception = Reception(self.claims, self.shelf, self.quarantine, judge, now=utc_now, compared=rules)
        self.outbox = ObjectOutbox(self.bucket, self.layout)
        index = BatchIndex(self.layout.root)
        self.duplicates = ObjectDuplicates(self.bucket, self.shelf, index, every=timedelta(0))
        check = DuplicateCheck(
            rules,
            profiles,
            self.layout,
            self.shelf,
            outbox=self.outbox,
            quarantine=self.quarantine,
            book=self.duplicates,
        )
        self.outcomes: list[IntakeOutcome] = []
        self.intake = Intake(
            watched,
            reception,
            ObjectUntaken(self.bucket, base.name),
            observe=self.outcomes.append,
            duplicates=check if rules else None,
        )

    @property
    def handing_in(self) -> HandingIn:
        """The way in for what comes from elsewhere, by a process of its own."""
        staging, book = Staging(self.layout, now=utc_now), ObjectHandInBook(self.bucket, HandInBook(self.layout.root))
        return HandingIn(self.intake, staging, book, is_known=self.is_known)

    async def is_known(self, document: DocumentId) -> bool:
        """Whether the document came to be, and outlives this machine."""
        if not self.layout.place(document).original.exists():
            return document in {*self.shelf.claimed(), *(each.id for each in await self.waiting())}
        return not self.shelf.documents.keep_all([document])

    async def dies(self, work: Awaitable[object]) -> bool:
        """Do the work; says whether it was its death."""
        try:
            await work
        except Death:
            self.claims.stop()
            return True
        return False

    def drop(self, name: str, content: bytes) -> None:
        path = self.inbox / INVOICES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    async def look(self, seconds: float = 0) -> None:
        """Take what is to be taken, by a clock that has gone on by so many seconds."""
        self.clock += seconds
        await self.intake.rescan()

    async def waiting(self) -> Sequence[Document]:
        return await self.shelf.waiting_list(INVOICES)

    async def refused(self) -> Sequence[DocumentId]:
        return [entry.explanation.document for entry in await self.quarantine.entries()]
