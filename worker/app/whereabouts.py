"""Where one document is, by the id that it got when it was handed in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.errors import BrokenLedger, UnknownBatch, UnknownDocument
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Delivery, Refusal
from jobs.settle import known_outcomes
from worker.app.astray import ASTRAY_ADVICE
from worker.app.on_disk import OnDisk
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.outbox import DiskOutbox

TAKEN_IN, WAITING, REFUSED, QUARANTINED, ASTRAY = "being taken in", "waiting", "refused", "quarantined", "astray"
"""What can be said of a document beside the state of its batch."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One document: in which state, and where; `reason`, `detail` and `advice` only of one that was refused."""

    document: DocumentId
    state: str
    route: RouteName | None = None
    name: str = ""
    batch: BatchId | None = None
    path: Path | None = None
    reason: Reason | None = None
    detail: str = ""

    @classmethod
    def in_batch(cls, document: Document, history: History, outbox: Path) -> Self:
        """Where a document of that batch is."""
        found = cls(document.id, history.state, document.route, document.name, history.batch)
        match known_outcomes(history).get(document.id):
            case Delivery(name=name):
                return replace(found, state=State.DELIVERED, path=outbox / document.route / name)
            case Refusal(reason=reason, detail=detail):
                # Its original goes to quarantine when the batch is over.
                return replace(found, state=REFUSED, reason=reason, detail=detail)
            case None:
                return found

    @property
    def advice(self) -> str:
        """What a person can do where it was refused, or nothing but its original is known any more."""
        if self.state == ASTRAY:
            return ASTRAY_ADVICE
        return "" if self.reason is None else ADVICE[self.reason]


async def locate(document: DocumentId, disk: OnDisk, settings: Settings) -> Whereabouts:
    """Look through quarantine, waiting lists and batches, the newest first. Raises UnknownDocument, NewerFormat."""
    for entry in await disk.quarantine.entries():
        why = entry.explanation
        if why.document == document:
            place = Whereabouts(document, QUARANTINED, why.route, why.name, why.batch, entry.path)
            return replace(place, reason=why.reason, detail=why.detail)
    for route in settings.routes:
        for waiting in await disk.shelf.waiting_list(route):
            if waiting.id == document:
                return Whereabouts(document, WAITING, route, waiting.name)
    async for batch in _likely_batches(document, disk):
        history = await _read_known(batch, disk)
        if history is not None and document in history.documents:
            return Whereabouts.in_batch(history.documents[document], history, settings.folders.outbox)
    if found := await _outside_of_batches(document, disk, settings):
        return found
    raise UnknownDocument(
        f"There is no document {document}. One that was sent again with `zimogs retry` has a new id since then."
    )


async def _likely_batches(document: DocumentId, disk: OnDisk) -> AsyncIterator[BatchId]:
    """First the one that the index knows; then all of them, since the index may be old, and is never the truth."""
    with suppress(IndexUnusable, TooMuchWork):
        if batch := await disk.index.find_batch(document):
            yield batch
    for batch in reversed(await disk.ledger.batches()):
        yield batch


async def _outside_of_batches(document: DocumentId, disk: OnDisk, settings: Settings) -> Whereabouts | None:
    place = disk.layout.place(document)
    if await asyncio.to_thread(place.claim.exists):
        return Whereabouts(document, TAKEN_IN)
    if await asyncio.to_thread(place.original.exists):
        return Whereabouts(document, ASTRAY, path=place.original, detail="its batch, or its entry in a list, is lost")
    remembered = await DiskOutbox(settings.folders.outbox, disk.layout).deliveries_beyond(frozenset())
    for sidecar, is_ours in remembered.unknown:
        if is_ours and sidecar.document == document:
            # Of a batch whose records were set aside by a repair.
            path = settings.folders.outbox / sidecar.route / sidecar.sealed.name
            return Whereabouts(document, State.DELIVERED, sidecar.route, sidecar.original.name, sidecar.batch, path)
    return None


async def _read_known(batch: BatchId, disk: OnDisk) -> History | None:
    """The batch; of one whose records are damaged what is still known of it."""
    try:
        return await disk.ledger.read(batch)
    except UnknownBatch:
        return None
    except BrokenLedger:
        damage = await disk.ledger.find_damage(batch)
        return damage.sound if damage else None
