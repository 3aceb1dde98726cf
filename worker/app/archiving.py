"""Archiving what was settled long ago, and dropping what the settings keep no longer: beside all other work."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from config.settings import Settings
from jobs.model.errors import BrokenLedger, WrongClock
from worker.clock import utc_now
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import Compaction
from worker.storage.archives.store import ArchiveFolder
from worker.storage.layout import Layout
from worker.storage.retention import Kind, Retention

log = structlog.get_logger()

_SHARE = 0.25
"""Of one processor: what is sealed meanwhile goes first."""
_BEGIN = timedelta(minutes=10)
"""After the start, when there is other work to catch up with."""


def compaction_of(settings: Settings, share: float = 1.0) -> Compaction:
    """What archives the ledger of the settings, with such a share of one processor."""
    ledger = settings.folders.data / "ledger"
    return Compaction(ledger, Archives(ArchiveFolder.beside(ledger)), settings.archive.after, share=share)


def retention_of(settings: Settings) -> Retention:
    """What drops things by the policy of the settings."""
    chosen = {Kind(name): keep for name, keep in settings.retention if keep is not None}
    return Retention(Layout(settings.folders.data), chosen)


async def archive_for_ever(settings: Settings, every: timedelta, begin: timedelta = _BEGIN) -> None:
    """Do both until cancelled; what fails is told, and tried again."""
    await asyncio.sleep(begin.total_seconds())
    while True:
        if settings.archive.enabled:
            compaction = compaction_of(settings, _SHARE)
            try:
                await _try("not archived", compaction.run)
            finally:
                # A thread is not cancelled with whoever waits for it.
                compaction.stop.set()
        if (retention := retention_of(settings)).keep:
            await _try("not dropped", retention.drop)
        await asyncio.sleep(every.total_seconds())


async def _try(failure: str, work: Callable[[datetime], object]) -> None:
    try:
        await asyncio.to_thread(work, utc_now())
    except (OSError, BrokenLedger, WrongClock) as error:
        log.warning(failure, error=str(error))
