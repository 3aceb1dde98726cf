"""Where one document is, by the id that it got when it was handed in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from config.settings import Settings
from jobs.known_history import read_known
from jobs.model.documents import Document
from jobs.model.errors import UnknownDocument
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.reasons import ADVICE, Reason
from worker.app.astray import ASTRAY_ADVICE
from worker.app.on_disk import OnDisk
from worker.desk.document_facts import DocumentFacts, DocumentStanding
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.entries import find_naming
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import find_batches, record_path
from worker.storage.durable import read_file
from worker.storage.explanation import QuarantineEntry
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.threads import in_thread


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One document: in which state, and where; `reason`, `detail` and `advice` only of one that was refused."""

    document: DocumentId
    state: str
    route: RouteName | None = None
    name: str = ""
    batch: BatchId | None = None
    path: str | None = None
    """In a folder of this machine, or as s3://… in the bucket that machines share."""
    reason: Reason | None = None
    detail: str = ""

    @classmethod
    def of(cls, facts: DocumentFacts, outbox: str) -> Self:
        """The short form of all that is known; `outbox` is where that stands."""
        refusal, history = facts.refusal, facts.history
        is_in_batch = facts.state is DocumentStanding.IN_BATCH and history is not None
        return cls(
            document=facts.document,
            state=history.state if is_in_batch and history else facts.state,
            route=facts.route,
            name=facts.name,
            batch=facts.batch,
            path=_path_of(facts, outbox),
            reason=None if refusal is None else refusal.reason,
            detail=_detail_of(facts),
        )

    @property
    def advice(self) -> str:
        """What a person can do where it was refused, or nothing but its original is known any more."""
        if self.state == DocumentStanding.ASTRAY:
            return ASTRAY_ADVICE
        is_done_with = self.state in {DocumentStanding.SENT_AGAIN, DocumentStanding.DISMISSED}
        return "" if self.reason is None or is_done_with else ADVICE[self.reason]


async def locate(document: DocumentId, disk: OnDisk, settings: Settings) -> Whereabouts:
    """Say where it is. Raises UnknownDocument and NewerFormat."""
    return Whereabouts.of(await trace(document, disk, settings), outbox_address(settings))


def outbox_address(settings: Settings) -> str:
    """Where sealed files stand: a folder of this machine, or s3://… in the bucket that machines share."""
    storage = settings.storage
    if not storage.is_in_bucket:
        return str(settings.folders.outbox)
    return "/".join(filter(None, (f"s3://{storage.bucket}", storage.prefix, "outbox")))


async def trace(document: DocumentId, disk: OnDisk, settings: Settings) -> DocumentFacts:
    """Look through quarantine, waiting lists, batches and outbox. Raises UnknownDocument, NewerFormat."""
    entry = await _find_entry(document, disk)
    resent, origin = await disk.quarantine.find_resent(document)
    waiting = await _find_waiting(document, disk, settings)
    duplicate = await disk.duplicates.read(document)
    parked = next((own for own in await disk.duplicates.list_parked() if own.id == document), None)
    own = waiting or parked or (duplicate.document if duplicate else None)
    explained = entry.explanation if entry else resent.explanation if resent else None
    history = None
    if own is None and (explained is None or explained.batch is not None):
        history = await _find_batch(document, explained.batch if explained else None, disk)
    place, sidecar, stray = disk.layout.place(document), None, None
    # A claim of this machine may be on a file that is still in the inbox.
    is_taken_in = await asyncio.to_thread(lambda: place.claim.exists() or bool(disk.shelf.claim_lines(document)))
    if not (explained or own or history or is_taken_in):
        # The delivery of a batch whose records were set aside by a repair.
        sidecar = await disk.outbox.find_delivery(document)
        stray = place.original if await asyncio.to_thread(place.original.exists) else None
        if sidecar is None and stray is None:
            raise UnknownDocument(
                f"There is no document {document}. One that was sent again with `zimogs retry` has a new id since then."
            )
    return DocumentFacts(
        document=document,
        received=own or (history.documents[document] if history else None),
        is_waiting=waiting is not None,
        awaits_twin=parked is not None,
        duplicate=duplicate,
        is_taken_in=is_taken_in,
        history=history,
        entry=entry,
        resent=resent,
        origin=origin,
        sidecar=sidecar,
        stray=stray,
    )


async def _find_entry(document: DocumentId, disk: OnDisk) -> QuarantineEntry | None:
    entries = (*await disk.quarantine.entries(), *await disk.quarantine.dismissed_entries())
    return next((entry for entry in entries if entry.explanation.document == document), None)


async def _find_waiting(document: DocumentId, disk: OnDisk, settings: Settings) -> Document | None:
    for route in settings.routes:
        for waiting in await disk.shelf.waiting_list(route):
            if waiting.id == document:
                return waiting
    return None


async def _find_batch(document: DocumentId, batch: BatchId | None, disk: OnDisk) -> History | None:
    """The batch that holds the document, looked for from the newest on where it is not named."""
    async for candidate in _likely_batches(document, disk, batch):
        history = await read_known(candidate, disk.ledger)
        if history is not None and document in history.documents:
            return history
    return None


async def _likely_batches(document: DocumentId, disk: OnDisk, known: BatchId | None) -> AsyncIterator[BatchId]:
    """The one that is known, or the one of the index; that may be old and is never the truth, so all others follow."""
    if known is not None:
        yield known
        return
    with suppress(IndexUnusable, TooMuchWork):
        if found := await disk.index.find_batch(document):
            yield found
    await disk.reach.bring_ledger()
    for batch in await _find_naming(document, disk):
        yield batch


@in_thread
def _find_naming(document: DocumentId, disk: OnDisk) -> tuple[BatchId, ...]:
    """Batches in whose first record the id stands: read without being understood, which costs a tenth."""
    ledger = disk.layout.root / "ledger"
    named = [batch for batch in reversed(find_batches(ledger)) if _is_named(document, record_path(ledger, batch, 1))]
    return tuple(named or find_naming(Archives(ArchiveFolder.beside(ledger)), document))


def _is_named(document: DocumentId, record: Path) -> bool:
    try:
        return document.encode() in read_file(record)
    except OSError:
        return False


def _path_of(facts: DocumentFacts, outbox: str) -> str | None:
    if facts.entry is not None:
        return str(facts.entry.path)
    if facts.duplicate is not None and facts.duplicate.note is not None:
        return f"{outbox}/{facts.duplicate.note}"
    if facts.delivery is not None and facts.route is not None:
        return f"{outbox}/{facts.route}/{facts.delivery.name}"
    return str(facts.stray) if facts.state is DocumentStanding.ASTRAY else None


def _detail_of(facts: DocumentFacts) -> str:
    if facts.state is DocumentStanding.ASTRAY:
        return "its batch, or its entry in a list, is lost"
    if facts.state is DocumentStanding.SENT_AGAIN and facts.resent:
        return f"went on as document {facts.resent.became}"
    if facts.entry and facts.entry.dismissal:
        return f"put aside for good by {facts.entry.dismissal.name}: {facts.entry.dismissal.why}"
    if facts.state is DocumentStanding.SKIPPED and facts.duplicate:
        return facts.duplicate.words
    return facts.refusal.detail if facts.refusal else ""
