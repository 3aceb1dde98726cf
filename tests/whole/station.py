"""An inbox with all that stands behind it, on real folders. Time passes only when a test says so."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile
from jobs.model.duplicates import Duplicates
from jobs.model.metadata import MetadataUse
from jobs.model.names import DocumentId, RouteName
from tests.support.builders import INVOICES
from worker.inbox.candidates import Candidate, Inbox
from worker.inbox.claims import Claims
from worker.inbox.duplicates import DuplicateCheck
from worker.inbox.elsewhere import Keep, keep_nothing
from worker.inbox.handing_in import HandingIn
from worker.inbox.inspector import Inspector
from worker.inbox.intake import Intake
from worker.inbox.judgement import AT_MOST, BRIEFLY, Judge
from worker.inbox.outcomes import IntakeOutcome, Stuck
from worker.inbox.reception import Reception
from worker.inbox.sidecars import SidecarRule
from worker.inbox.staging import Staging
from worker.storage.duplicates import DiskDuplicates
from worker.storage.hand_in_book import HandInBook
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.outbox import DiskOutbox
from worker.storage.quarantine import DiskQuarantine
from worker.storage.shelf import DiskShelf
from worker.storage.untaken import Untaken, UntakenList

ORDERS = RouteName("orders")
INSPECTORS = Inspector(), Inspector()
"""Shared by all stations of a process: starting the process that inspects costs more than most tests."""


class Station:
    """One watcher's view of the folders below `base`; several may stand over the same ones."""

    def __init__(
        self,
        base: Path,
        routes: Sequence[RouteName] = (INVOICES, ORDERS),
        *,
        profiles: Mapping[RouteName, Profile] | None = None,
        settle: float = 0,
        inbox: Path | None = None,
        strict: Sequence[RouteName] = (),
        patience: timedelta = timedelta(0),
        most: tuple[int, int] = (1000, 10**15),
        inspectors: tuple[Inspector, Inspector] = INSPECTORS,
        find_checkpoint: Callable[[int], Digest | None] = lambda _: None,
        reading: tuple[float, float] = (BRIEFLY, AT_MOST),
        sidecars: Mapping[RouteName, SidecarRule] = MappingProxyType({}),
        duplicates: Mapping[RouteName, Duplicates] = MappingProxyType({}),
        keep: Keep = keep_nothing,
    ) -> None:
        self.folder = inbox or base / "inbox"
        self.layout = Layout(base / "data")
        self.shelf = DiskShelf(self.layout)
        self.quarantined = base / "quarantine"
        self.quarantine = DiskQuarantine(self.quarantined, self.layout, now=self.now)
        profiles = profiles or dict.fromkeys(routes, Profile())
        self.limit: int | None = None
        self.outcomes: list[IntakeOutcome] = []
        self.clock = 0.0
        self.late = timedelta(0)
        apart = (self.layout.root, self.quarantined)
        watched = Inbox(self.folder, profiles, timedelta(seconds=settle), apart=apart, sidecars=sidecars)
        judge = Judge(
            profiles,
            limit=lambda: self.limit,
            most=most,
            strict=strict,
            documented=[route for route, rule in sidecars.items() if rule.use is MetadataUse.REQUIRED],
            find_checkpoint=find_checkpoint,
            inspectors=inspectors,
            patience=reading,
        )
        claims = Claims(watched, self.layout, judge, now=self.now, keep=keep)
        self.reception = Reception(claims, self.shelf, self.quarantine, judge, now=self.now, compared=duplicates)
        self.outbox, self.ledger = DiskOutbox(base / "outbox", self.layout), DiskLedger(self.layout.root / "ledger")
        self.book = DiskDuplicates(self.layout, self.shelf, self.ledger, self.outbox)
        check = DuplicateCheck(
            duplicates,
            profiles,
            self.layout,
            self.shelf,
            outbox=self.outbox,
            quarantine=self.quarantine,
            book=self.book,
        )
        self.list = UntakenList(self.layout.root)
        self.intake = Intake(
            watched,
            self.reception,
            self.list,
            observe=self.outcomes.append,
            clock=lambda: self.clock,
            patience=patience,
            duplicates=check if duplicates else None,
        )

    @property
    def handing_in(self) -> HandingIn:
        """The way in for programs, by a process of its own."""
        book = HandInBook(self.layout.root)
        return HandingIn(self.intake, Staging(self.layout, now=self.now), book, is_known=self.is_known)

    async def is_known(self, document: DocumentId) -> bool:
        """Whether the document came to be."""
        waits = {each.id for route in self.intake.inbox.routes for each in await self.shelf.waiting_list(route)}
        refused = {entry.explanation.document for entry in await self.quarantine.entries()}
        return self.layout.place(document).original.exists() or document in waits | refused

    def die(self) -> None:
        """Leave everything as it is, as a watcher that is killed."""
        self.reception.claims.stop()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    def drop(self, name: str | bytes, content: bytes) -> Path:
        """Write a file into the inbox, the way a careless program would."""
        path = self.folder / (name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    async def waiting(self, route: RouteName = INVOICES) -> tuple[Document, ...]:
        return await self.shelf.waiting_list(route)

    def original(self, document: Document) -> bytes:
        return self.layout.place(document.id).original.read_bytes()

    @property
    def candidates(self) -> list[Candidate]:
        """What lies in the inbox and may be taken."""
        return [each for each in self.intake.inbox.look_around() if isinstance(each, Candidate)]

    @property
    def left(self) -> list[Untaken]:
        """What the observer was told to be left in the inbox."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Untaken)]

    @property
    def stuck(self) -> list[Stuck]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Stuck)]


def rescan_forever(base: Path) -> None:
    """A watcher in a process of its own, which only a signal ends."""

    async def rescanning() -> None:
        station = Station(base)
        while True:
            await station.intake.rescan()

    asyncio.run(rescanning())
