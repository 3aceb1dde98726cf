"""Documents are looked at before a person asks: what is in them stands on the page when it is opened.

Only where somebody is awaited: whoever approves within seconds, a program perhaps, has nothing drawn for nobody.
"""

import asyncio
from collections.abc import Sequence
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
    seen, is_away = _Seen(previews, ledger, age, keeps=keeps), False
    while True:
        try:
            await seen.look()
            is_away = False
        except OSError as error:
            # Whatever holds the ledger is away: then people cannot look either, and later it goes on.
            if not is_away:
                log.warning("not looked ahead", error=error_text(error))
            is_away = True
        await asyncio.sleep(every.total_seconds())


class _Seen:
    """What was open when somebody looked last, and which batches were looked at."""

    def __init__(self, previews: Previews, ledger: Ledger, age: Age, *, keeps: bool) -> None:
        self._previews = previews
        self._ledger = ledger
        self._age = age
        self._keeps = keeps
        self._listed = self._seen = frozenset[BatchId]()
        self._tidy_at = monotonic()

    async def look(self) -> None:
        """Look at what is new, and forget what is over. Raises OSError."""
        listed = frozenset(await self._ledger.open_batches())
        for batch in sorted(listed - self._seen):
            if await _is_awaited(batch, self._ledger, self._age):
                await look_ahead(self._previews, self._ledger, batch)
                self._seen |= {batch}
        if not self._keeps and (over := self._listed - listed):
            await self._previews.forget([one for batch in over for one in await _documents_of(batch, self._ledger)])
        self._listed, self._seen = listed, self._seen & listed
        if monotonic() >= self._tidy_at:
            self._tidy_at = monotonic() + _TIDY_EVERY
            await self._previews.tidy()


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
