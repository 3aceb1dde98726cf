"""Tells people at one address what has happened, in one message, at most as often as is set, and not in quiet hours."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, tzinfo

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from tenacity.wait import wait_base

from config.notices import NotificationSettings
from jobs.model.events import Event
from worker.notices.courier import CountTelling
from worker.notices.failures import NotTold
from worker.notices.message import Message, compose
from worker.notices.pace import is_quiet, next_try
from worker.notices.target import Target, TellingOutcome
from worker.storage.notice_box import KEPT_DEAD, Notice, TargetState
from worker.storage.notice_ports import EventBox

log = structlog.get_logger()

SendMessage = Callable[[Message], Awaitable[None]]
"""Sends a message. Raises NotTold."""
IsTrue = Callable[[Event], Awaitable[bool]]
"""Says whether what an event tells is still so: nobody shall be called for a batch that was approved meanwhile."""

_TRIES = 3
_BETWEEN_TRIES = wait_exponential(multiplier=2, max=20)


class Notifier:
    """Works off one address's box. Quiet hours are those of `zone`."""

    def __init__(
        self,
        target: Target,
        box: EventBox,
        send: SendMessage,
        *,
        settings: NotificationSettings,
        desk: str,
        is_true: IsTrue,
        now: Callable[[], datetime],
        count: CountTelling,
        zone: tzinfo,
        between_tries: wait_base = _BETWEEN_TRIES,
    ) -> None:
        self._target = target
        self._box = box
        self._send = send
        self._settings = settings
        self._desk = desk
        self._is_true = is_true
        self._now = now
        self._count = count
        self._zone = zone
        self._between_tries = between_tries

    async def deliver(self) -> None:
        """Send what there is to tell, if now is the time. Raises OSError."""
        if is_quiet(self._now().astimezone(self._zone), self._settings.quiet):
            return
        state = await asyncio.to_thread(lambda: self._box.state)
        if self._is_too_early(state):
            return
        notices = await self._take_true()
        if not notices:
            return
        message = compose([notice.event for notice in notices], self._desk)
        try:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(_TRIES),
                wait=self._between_tries,
                retry=retry_if_exception_type(NotTold),
                reraise=True,
            ):
                with attempt:
                    await self._send(message)
        except NotTold as error:
            await self._note_failure(state, notices, str(error))
            return
        for notice in notices:
            await asyncio.to_thread(self._box.remove, notice)
        await asyncio.to_thread(self._box.note, TargetState(told_at=self._now()))
        self._count(self._target.channel, TellingOutcome.TOLD)

    def _is_too_early(self, state: TargetState) -> bool:
        if state.next_try is not None and self._now() < state.next_try:
            return True
        since = timedelta.max if state.told_at is None else self._now() - state.told_at
        # A clock that was set back must not silence anybody for longer.
        return timedelta(0) <= since < self._settings.at_most_every

    async def _take_true(self) -> Sequence[Notice]:
        """What is to be told; what is not so any more is not."""
        notices: list[Notice] = []
        for notice in await asyncio.to_thread(self._box.untold):
            if await self._is_true(notice.event):
                notices.append(notice)
            else:
                await asyncio.to_thread(self._box.remove, notice)
        return notices

    async def _note_failure(self, state: TargetState, notices: Sequence[Notice], why: str) -> None:
        attempts = state.attempts + 1
        again = next_try(attempts, self._now())
        self._count(self._target.channel, TellingOutcome.FAILED)
        if again is None:
            for notice in notices:
                await asyncio.to_thread(self._box.bury, notice.model_copy(update={"failure": why}))
            await asyncio.to_thread(self._box.forget_dead, self._now() - KEPT_DEAD)
            await asyncio.to_thread(self._box.note, TargetState(failure=why))
            self._count(self._target.channel, TellingOutcome.DEAD)
            log.error("given up", target=self._target.folder, notices=len(notices), error=why)
            return
        noted = state.model_copy(update={"attempts": attempts, "next_try": again, "failure": why})
        await asyncio.to_thread(self._box.note, noted)
        log.warning("not told", target=self._target.folder, attempts=attempts, error=why, next_try=again.isoformat())
