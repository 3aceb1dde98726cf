"""Documents are looked at before a person asks: what is in them stands on the page when it is opened.

Only where somebody is awaited: whoever approves within seconds, a program perhaps, has nothing drawn for nobody.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from jobs.model.documents import Document
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.ports import Age, Ledger
from worker.clock import monotonic
from worker.error_text import error_text
from worker.preview.look import is_pictured
from worker.preview.previews import Previews

log = structlog.get_logger()

_FOR_A_PERSON = frozenset({State.PREPARED, State.RELEASED})
_PATIENCE = timedelta(seconds=5)
"""How long a batch waits for a person until its documents are looked at; who opens its page before has them drawn."""
_TIDY_EVERY = 3600.0
"""Seconds; the life of a picture is days."""


async def look_ahead_for_ever(previews: Previews, ledger: Ledger, age: Age, every: timedelta, *, keeps: bool) -> None:
    """Look once at the documents of each batch that waits for a person, until cancelled.

    Unless it `keeps` them, what was seen of a batch goes when that is over, as its originals do.
    """
    listed: frozenset[BatchId] = frozenset()
    seen: frozenset[BatchId] = frozenset()
    tidy_at = monotonic()
    while True:
        # A storage that is away is told as a standstill; the next look goes on where this one stopped.
        with suppress(OSError):
            found = frozenset(await ledger.open_batches(may_lag=True))
            if not found <= seen:
                # Right behind a list a look at each is cheap.
                found = frozenset(await ledger.open_batches())
            for batch in sorted(found - seen):
                if await _is_awaited(batch, ledger, age):
                    await look_ahead(previews, ledger, batch)
                    seen |= {batch}
            if not keeps and (over := listed - found):
                await previews.forget([one for batch in over for one in await _documents_of(batch, ledger)])
            listed, seen = found, seen & found
        if monotonic() >= tidy_at:
            tidy_at = monotonic() + _TIDY_EVERY
            await previews.tidy()
        await asyncio.sleep(every.total_seconds())


async def look_ahead(previews: Previews, ledger: Ledger, batch: BatchId) -> None:
    """Look at every document of the batch that can be pictured; what cannot be read is left to whoever asks."""
    for document in await _documents_of(batch, ledger):
        for file in filter(is_pictured, document.files):
            try:
                await previews.look(batch, document, file)
            except OSError as error:
                log.warning("preview failed", document=document.id, error=error_text(error))


async def _is_awaited(batch: BatchId, ledger: Ledger, age: Age) -> bool:
    """Whether a person has been awaited for long enough that one may come."""
    try:
        glance = await ledger.glance(batch)
    except (BrokenLedger, UnknownBatch):
        return False
    return glance.state in _FOR_A_PERSON and age(glance.since) >= _PATIENCE


async def _documents_of(batch: BatchId, ledger: Ledger) -> Sequence[Document]:
    """The batch's documents; none where its records cannot be read, which others tell."""
    try:
        return tuple((await ledger.read(batch)).documents.values())
    except (BrokenLedger, UnknownBatch):
        return ()
