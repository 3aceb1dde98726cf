"""Documents are looked at before a person asks: what is in them stands on the page when it is opened."""

import asyncio
from datetime import timedelta

import structlog

from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.ports import Ledger
from worker.error_text import error_text
from worker.preview.look import is_pictured
from worker.preview.previews import Previews

log = structlog.get_logger()


async def look_ahead_for_ever(previews: Previews, ledger: Ledger, every: timedelta) -> None:
    """Look at the documents of each open batch once, until cancelled."""
    seen: frozenset[BatchId] = frozenset()
    while True:
        listed = await ledger.open_batches()
        for batch in listed:
            if batch not in seen:
                await look_ahead(previews, ledger, batch)
        seen = frozenset(listed)
        await asyncio.sleep(every.total_seconds())


async def look_ahead(previews: Previews, ledger: Ledger, batch: BatchId) -> None:
    """Look at every document of the batch that can be pictured; what cannot be read is left to whoever asks."""
    try:
        history = await ledger.read(batch)
    except (BrokenLedger, UnknownBatch):
        return
    for document in history.documents.values():
        for file in filter(is_pictured, document.files):
            try:
                await previews.look(batch, document, file)
            except OSError as error:
                log.warning("preview failed", document=document.id, error=error_text(error))
