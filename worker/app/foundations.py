"""What everything stands on, Redis and the data folder, is tried every few seconds; a failure is noted and logged."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from jobs.model.standstill import Foundation, Standstill
from jobs.ports import Standstills
from worker.error_text import error_text
from worker.metrics.health import CHECK_TIMEOUT, Check
from worker.queue.causes import cause_of

log = structlog.get_logger()


class Foundations:
    """Tries each check in turn."""

    def __init__(
        self, checks: Mapping[Foundation, Check], standstills: Standstills, now: Callable[[], datetime]
    ) -> None:
        self._checks = checks
        self._standstills = standstills
        self._now = now

    async def watch_for_ever(self, every: timedelta) -> None:
        """Try them until cancelled."""
        while True:
            await self.look(every)
            await asyncio.sleep(every.total_seconds())

    async def look(self, every: timedelta) -> None:
        """Try each once; `every` is when that is done next."""
        for foundation, check in self._checks.items():
            try:
                await asyncio.wait_for(check(), CHECK_TIMEOUT)
            except Exception as error:  # noqa: BLE001
                # A check fails in any way its subject can; each is told, and none may end the look at the others.
                await self._note(foundation, error, self._now() + every)
            else:
                await self._standstills.clear(foundation)

    async def _note(self, foundation: Foundation, error: Exception, next_try: datetime) -> None:
        cause, detail = cause_of(error), error_text(error)
        standstill = await self._standstills.record(
            Standstill(subject=foundation, cause=cause, detail=detail, since=self._now(), next_try=next_try)
        )
        log.warning(
            "foundation fails",
            foundation=foundation.removeprefix("_"),
            cause=cause,
            meaning=standstill.meaning,
            advice=standstill.advice,
            error=detail,
            since=standstill.since.isoformat(),
        )
