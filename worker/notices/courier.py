"""Tells one program, by webhook or command, one event after the other, and again until it was told or is given up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from jobs.model.events import Event
from worker.notices.failures import Hindered, NotTold, Unreachable, Unwanted
from worker.notices.pace import next_patient_try, next_try, next_visit
from worker.notices.target import Channel, Target, TellingOutcome
from worker.storage.notice_box import KEPT_DEAD, Notice, TargetState
from worker.storage.notice_ports import EventBox

log = structlog.get_logger()

Send = Callable[[Event], Awaitable[None]]
"""Tells one event. Raises NotTold, Unreachable and Unwanted."""
CountTelling = Callable[[Channel, TellingOutcome], None]
"""Hears of each try."""

_AT_ONCE = 4


class Courier:
    """Works off one target's box; `mark` tells its address from another, in case it wants nothing any more.

    Without `gives_up` a target that is only away is tried every few minutes until it is back, and what it refuses every
    few hours.
    """

    def __init__(
        self,
        target: Target,
        box: EventBox,
        send: Send,
        *,
        now: Callable[[], datetime],
        count: CountTelling,
        mark: str = "",
        gives_up: bool = True,
    ) -> None:
        self._target = target
        self._box = box
        self._send = send
        self._now = now
        self._count = count
        self._mark = mark
        self._gives_up = gives_up

    async def deliver(self) -> None:
        """Try all that is due now. Raises OSError."""
        state = await asyncio.to_thread(lambda: self._box.state)
        if self._mark and state.refuses == self._mark:
            await self._bury(await asyncio.to_thread(self._box.untold), state.failure)
            return
        if state.next_try is not None and self._now() < state.next_try:
            return
        untold = await asyncio.to_thread(self._box.untold)
        due = [each for each in untold if each.next_try is None or each.next_try <= self._now()]
        for first in range(0, len(due), _AT_ONCE):
            answers = await asyncio.gather(*(self._tell(each) for each in due[first : first + _AT_ONCE]))
            if not await self._note_state(state, answers):
                return
            state = TargetState()

    async def _tell(self, notice: Notice) -> NotTold | None:
        try:
            await self._send(notice.event)
        except NotTold as error:
            await self._note_failure(notice, error)
            return error
        await asyncio.to_thread(self._box.remove, notice)
        self._count(self._target.channel, TellingOutcome.TOLD)
        return None

    async def _note_failure(self, notice: Notice, error: NotTold) -> None:
        attempts = notice.attempts + 1
        again = next_try(attempts, self._now())
        if again is None and isinstance(error, Unreachable) and not self._gives_up:
            again = next_visit(attempts, self._now())
        if again is None and isinstance(error, Hindered) and not self._gives_up:
            again = next_patient_try(attempts, self._now())
        tried = notice.model_copy(update={"attempts": attempts, "next_try": again, "failure": str(error)})
        self._count(self._target.channel, TellingOutcome.FAILED)
        if again is None:
            await self._bury([tried], str(error))
        else:
            await asyncio.to_thread(self._box.keep, tried)
            about = {"target": self._target.folder, "notice": notice.event.id, "attempts": attempts}
            log.warning("not told", **about, error=str(error), next_try=again.isoformat())

    async def _note_state(self, state: TargetState, answers: Sequence[NotTold | None]) -> bool:
        """Write down how the target was met; False where it need not be tried further now."""
        unwanted = next((each for each in answers if isinstance(each, Unwanted)), None)
        unreachable: NotTold | None = next((each for each in answers if isinstance(each, Unreachable)), None)
        if len(answers) > 1 and all(isinstance(each, Hindered) for each in answers):
            # As where its disk is full: the next ones would fare no better. Of one alone nobody can tell.
            unreachable = answers[0]
        if unwanted is not None:
            noted = state.model_copy(update={"refuses": self._mark, "failure": str(unwanted)})
            log.error("told no more", target=self._target.folder, error=str(unwanted))
        elif unreachable is not None:
            attempts = state.attempts + 1
            again = next_visit(attempts, self._now())
            update = {"attempts": attempts, "next_try": again, "failure": str(unreachable)}
            noted = state.model_copy(update=update)
        else:
            noted = TargetState()
        if noted != state:
            await asyncio.to_thread(self._box.note, noted)
        return unwanted is None and unreachable is None

    async def _bury(self, notices: Sequence[Notice], why: str) -> None:
        for notice in notices:
            await asyncio.to_thread(self._box.bury, notice.model_copy(update={"failure": notice.failure or why}))
            self._count(self._target.channel, TellingOutcome.DEAD)
            log.error("given up", target=self._target.folder, notice=notice.event.id, error=why)
        await asyncio.to_thread(self._box.forget_dead, self._now() - KEPT_DEAD)
