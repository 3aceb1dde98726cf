"""What the feed looks at: the ledger, the quarantine, the seals, and what the rules want people told."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs.events import batch_events, freeze_events, seal_events
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.events import DocumentEnd, Event, EventKind
from jobs.model.names import BatchId, DocumentId
from jobs.model.seals import Seal
from jobs.ports import Freezes, Ledger
from worker.storage.chains import CLOSED, record_path
from worker.storage.ports import KeptQuarantine
from worker.storage.threads import in_thread


@dataclass(frozen=True, slots=True)
class EventSources:
    """Where events are found. In `ledger_folder` lies the ledger, whose names are looked at before its records."""

    ledger: Ledger
    ledger_folder: Path
    quarantine: KeptQuarantine
    seals: Callable[[], Awaitable[tuple[Seal, ...]]]
    now: Callable[[], datetime]
    find_asked: Callable[[], Awaitable[Sequence[Event]]]
    """What the routes' times want people told."""
    freezes: Freezes

    @in_thread
    def find_moved(self, followed: Mapping[BatchId, int]) -> Sequence[BatchId]:
        """Those of the batches, each with how many of its records were told, that are not where they were."""
        return [batch for batch, told in followed.items() if self._has_moved(batch, told)]

    async def find_batch_events(self, batch: BatchId, told: int) -> tuple[Sequence[Event], int | None]:
        """What is new of a batch of which so many records were told, and how many are now; None once it is over.

        Where records were set aside meanwhile all of it is told anew, with the ids that it had.
        """
        try:
            history = await self.ledger.read(batch)
        except UnknownBatch:
            return (), None
        except BrokenLedger:
            # Nothing of it is believed before somebody has repaired it.
            return (), told
        number = len(history.records)
        if told > number:
            told = 0
        # Found over once more, its end was written anew: else it would not be followed any more.
        after = min(told, number - 1) if history.is_over else told
        return batch_events(history, after), None if history.is_over else number

    async def find_others(self) -> Sequence[Event]:
        """What is to be told now of seals, freezes and by the times of the routes; the next look finds it again."""
        return [
            *seal_events(await self.seals(), self.now()),
            *freeze_events(await self.freezes.all(may_lag=True), await self.freezes.past()),
            *await self.find_asked(),
        ]

    @in_thread
    def list_quarantined(self) -> frozenset[DocumentId]:
        """Every document that was refused, by the names of the records alone."""
        return self.quarantine.documents()

    @in_thread
    def find_quarantined(self, documents: Collection[DocumentId]) -> Sequence[Event]:
        """What is to be told of these: nothing of those that were in a batch, which tells it itself."""
        return list(self._read_quarantined(documents))

    def _read_quarantined(self, documents: Collection[DocumentId]) -> Iterator[Event]:
        for document in sorted(documents):
            why = self.quarantine.explain(document)
            if why is not None and why.batch is None:
                yield Event(
                    id=f"{document}.quarantined",
                    kind=EventKind.DOCUMENT_QUARANTINED,
                    at=why.quarantined_at,
                    route=why.route,
                    document=DocumentEnd(
                        id=document, name=why.name, sha256=why.sha256, reason=why.reason, detail=why.detail
                    ),
                )

    def _has_moved(self, batch: BatchId, told: int) -> bool:
        """Whether there is a record more or one less, or the batch was closed, by the names alone."""
        is_there = [record_path(self.ledger_folder, batch, number).exists() for number in (max(told, 1), told + 1)]
        return is_there != [True, False] or (self.ledger_folder / batch / CLOSED).exists()
