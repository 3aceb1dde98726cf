"""Documents are looked at before a person asks: what is in them stands on the page when it is opened."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from jobs.model.documents import Document
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Ledger
from worker.error_text import error_text
from worker.preview.look import is_pictured
from worker.preview.previews import Previews

log = structlog.get_logger()


async def look_ahead_for_ever(previews: Previews, ledger: Ledger, every: timedelta, *, keeps: bool) -> None:
    """Look at the documents of each open batch once, until cancelled.

    Unless it `keeps` them, what was seen of a batch goes when that is over, as its originals do.
    """
    seen: frozenset[BatchId] = frozenset()
    while True:
        listed = await ledger.open_batches()
        for batch in listed:
            if batch not in seen:
                await look_ahead(previews, ledger, batch)
        if over := seen - set(listed):
            await previews.tidy(() if keeps else [one for batch in over for one in await _documents_of(batch, ledger)])
        seen = frozenset(listed)
        await asyncio.sleep(every.total_seconds())


async def look_ahead(previews: Previews, ledger: Ledger, batch: BatchId) -> None:
    """Look at every document of the batch that can be pictured; what cannot be read is left to whoever asks."""
    for document in await _documents_of(batch, ledger):
        for file in filter(is_pictured, document.files):
            try:
                await previews.look(batch, document, file)
            except OSError as error:
                log.warning("preview failed", document=document.id, error=error_text(error))


async def _documents_of(batch: BatchId, ledger: Ledger) -> Sequence[Document]:
    """The batch's documents; none where its records cannot be read, which others tell."""
    try:
        return tuple((await ledger.read(batch)).documents.values())
    except (BrokenLedger, UnknownBatch):
        return ()
