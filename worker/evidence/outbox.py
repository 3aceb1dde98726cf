"""An outbox that keeps a copy of each sealed checkpoint, before it goes where anybody may take it away."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from jobs.model.checkpoint import checkpoint_number
from jobs.model.documents import Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId
from jobs.model.records import Delivery
from jobs.model.seals import SealedCopy
from jobs.ports import Outbox
from worker.storage.checkpoints import Checkpoints
from worker.storage.layout import Layout


class CheckpointOutbox:
    """Implements `jobs.ports.Outbox` before another one."""

    def __init__(self, outbox: Outbox, checkpoints: Checkpoints, layout: Layout) -> None:
        self._outbox = outbox
        self._checkpoints = checkpoints
        self._layout = layout

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Keep what is a sealed checkpoint of ours, and deliver everything; doing it again changes nothing."""
        number = checkpoint_number(document.name)
        if number is not None:
            await asyncio.to_thread(self._keep, number, document)
        return await self._outbox.deliver(batch, document, sealed)

    async def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the other one shows of these documents."""
        return await self._outbox.find_earlier(documents)

    def _keep(self, number: int, document: Document) -> None:
        # Anybody may drop a file of that name; and one that was delivered by an earlier call stands here no more.
        if self._checkpoints.find_digest(number) == document.sha256:
            with suppress(FileNotFoundError):
                self._checkpoints.keep_sealed(number, self._layout.place(document.id).sealed.read_bytes())
