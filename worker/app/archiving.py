"""Archiving what was settled long ago, and dropping what the settings keep no longer: beside all other work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from config.settings import Settings
from jobs.model.errors import BrokenLedger, WrongClock
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.storage.archives.candidates import Choice
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import Compacted, Compaction
from worker.storage.retention import Expired, Kind, Retention

log = structlog.get_logger()

_SHARE = 0.25
"""Of one processor: what is sealed meanwhile goes first."""
_BEGIN = timedelta(minutes=10)
"""After the start, when there is other work to catch up with."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """Both, as the settings describe it. Where machines share a bucket, one at a time changes anything.

    Every method raises BrokenLedger, WrongClock and OSError.
    """

    settings: Settings
    disk: OnDisk

    async def find_due(self) -> Choice:
        """What would be archived now; changes nothing."""
        await self.disk.reach.bring_ledger()
        return await asyncio.to_thread(self._compaction().look, utc_now())

    async def archive(self, share: float = 1.0) -> Compacted | None:
        """Archive what is due, with such a share of one processor; None while somebody else does."""
        await self.disk.reach.bring_ledger()
        async with self.disk.keeping_archives() as is_ours:
            compaction = self._compaction(share)
            try:
                return await asyncio.to_thread(compaction.run, utc_now()) if is_ours else None
            finally:
                # A thread is not cancelled with whoever waits for it.
                compaction.stop.set()

    async def find_expired(self) -> Sequence[Expired]:
        """What would be dropped now; changes nothing."""
        await self.disk.reach.bring_ledger()
        return await asyncio.to_thread(lambda: [*self._retention().look(utc_now())])

    async def drop(self) -> Sequence[Expired] | None:
        """Drop what is kept no longer; gives what went, None while somebody else does."""
        await self.disk.reach.bring_ledger()
        async with self.disk.keeping_archives() as is_ours:
            return await asyncio.to_thread(self._retention().drop, utc_now()) if is_ours else None

    async def go_on_for_ever(self, every: timedelta, begin: timedelta = _BEGIN) -> None:
        """Do both until cancelled; what fails is told, and tried again."""
        await asyncio.sleep(begin.total_seconds())
        while True:
            if self.settings.archive.enabled:
                await _try("not archived", lambda: self.archive(_SHARE))
            if self.policy:
                await _try("not dropped", self.drop)
            await asyncio.sleep(every.total_seconds())

    @property
    def policy(self) -> dict[Kind, timedelta]:
        """For how long each kind is kept; what is missing, for ever."""
        return {Kind(name): keep for name, keep in self.settings.retention if keep is not None}

    def _compaction(self, share: float = 1.0) -> Compaction:
        ledger, archives = self.disk.layout.root / "ledger", Archives(self.disk.archives)
        return Compaction(ledger, self.disk.settled, archives, self.settings.archive.after, share=share)

    def _retention(self) -> Retention:
        ledger, archives = self.disk.layout.root / "ledger", Archives(self.disk.archives)
        return Retention(ledger, archives, self.disk.kept_files, self.policy)


async def _try(failure: str, work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except (OSError, BrokenLedger, WrongClock) as error:
        log.warning(failure, error=str(error))
