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

_ANSWER_TIMEOUT = CHECK_TIMEOUT - 0.5
"""Seconds: whoever waits for a check hears what it was that did not answer."""


def require_answer(check: Check, silence: Callable[[], OSError], within: float = _ANSWER_TIMEOUT) -> Check:
    """The same check, which raises that error where no answer comes: a timeout alone does not tell of what."""

    async def check_in_time() -> None:
        try:
            async with asyncio.timeout(within):
                await check()
        except TimeoutError:
            raise silence() from None

    return check_in_time


class Foundations:
    """Tries each check. What fails is noted for everybody, and kept in mind: where others read it may be what fails."""

    def __init__(
        self, checks: Mapping[Foundation, Check], standstills: Standstills, now: Callable[[], datetime]
    ) -> None:
        self._checks = checks
        self._standstills = standstills
        self._now = now
        self._failing: dict[Foundation, Standstill] = {}

    def find_failing(self) -> tuple[Standstill, ...]:
        """What failed when this process tried it last."""
        return tuple(self._failing.values())

    async def watch_for_ever(self, every: timedelta) -> None:
        """Try them until cancelled."""
        while True:
            await self.look(every)
            await asyncio.sleep(every.total_seconds())

    async def look(self, every: timedelta) -> None:
        """Try each once; `every` is when that is done next."""
        # Side by side: noting that one fails takes long where that one is the storage.
        await asyncio.gather(*(self._try(foundation, check, every) for foundation, check in self._checks.items()))

    async def _try(self, foundation: Foundation, check: Check, every: timedelta) -> None:
        try:
            await asyncio.wait_for(check(), CHECK_TIMEOUT)
        except Exception as error:  # noqa: BLE001
            # A check fails in any way its subject can; each is told, and none may end the look at the others.
            cause, detail, now = cause_of(error), error_text(error), self._now()
            standstill = Standstill(subject=foundation, cause=cause, detail=detail, since=now, next_try=now + every)
            self._failing[foundation] = standstill = standstill.after(self._failing.get(foundation))
            log.warning(
                "foundation fails",
                foundation=foundation.removeprefix("_"),
                cause=cause,
                meaning=standstill.meaning,
                advice=standstill.advice,
                error=detail,
                since=standstill.since.isoformat(),
            )
            await self._standstills.record(standstill)
        else:
            self._failing.pop(foundation, None)
            await self._standstills.clear(foundation)
