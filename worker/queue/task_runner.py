"""Running a story when the doorbell rings: under the batch's lease, each failure logged and backed off from."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.errors import Conflict, NotApprovable, NotEnrolled, Permanent, Retryable, SealingError, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName
from jobs.model.records import Lapsed
from jobs.model.seals import Authorization
from jobs.model.standstill import Cause, Standstill
from jobs.ports import Doorbell, Leases, Standstills, Story, Tools
from jobs.prepare import prepare
from jobs.recover import recover
from jobs.seal import seal
from worker.clock import monotonic
from worker.error_text import error_text
from worker.precedence import in_turn
from worker.queue.afterwards import Afterwards
from worker.queue.backoff import Backoff
from worker.queue.causes import cause_of
from worker.queue.room import Room

log = structlog.get_logger()

_UNTIL_MENDED = timedelta(minutes=5)

Tell = Callable[[Tools], Awaitable[History]]
"""Runs a story of one batch."""

BATCH_STORIES: dict[Story, Callable[[BatchId, Tools], Awaitable[History]]] = {
    Story.PREPARE: prepare,
    Story.DELIVER: deliver,
    Story.RECOVER: recover,
}


class RunOutcome(StrEnum):
    """How the run of a story ended. Values are metric labels."""

    DONE = "done"
    BUSY = "busy"
    """Another worker holds the batch, or was faster; it goes on there."""
    WAITING = "waiting"
    """Nothing is wrong, but a person must act first: the seal is not enrolled, or somebody else has to approve."""
    FAILED = "failed"


ObserveRun = Callable[[Story, RunOutcome, float], None]
"""Is told which story was run, how that ended, and how many seconds it took."""


class TaskRunner:
    """Runs stories. A failed one is not repeated here: the sweep rings again when its backoff is over."""

    def __init__(self, tools: Tools, leases: Leases, standstills: Standstills, observe: ObserveRun) -> None:
        self._tools = tools
        self._leases = leases
        self._standstills = standstills
        self._observe = observe
        self.backoff = Backoff()
        # Each story has its own: what is sealed must not wait behind uploads, nor a consent behind either.
        self._rooms = {Story.PREPARE: Room(), Story.DELIVER: Room()}

    def now(self) -> datetime:
        """The time by the stories' clock."""
        return self._tools.now()

    async def run(self, story: Story, subject: str, *, at_once: bool = False) -> RunOutcome:
        """Run a batch's story, or gather a route. Raises UnknownBatch for a batch that was never there."""
        if story is Story.GATHER:
            return await self._observe_run(story, subject, self._gather(RouteName(subject), at_once=at_once))
        batch = BatchId(subject)
        return await self._run_leased(story, batch, lambda tools: BATCH_STORIES[story](batch, tools))

    async def seal(self, authorization: Authorization) -> RunOutcome:
        """Seal an authorized batch; BUSY and FAILED mean that it must be asked again soon, while the code lives."""
        return await self._run_leased(Story.SEAL, authorization.batch, lambda tools: seal(authorization, tools))

    async def _run_leased(self, story: Story, batch: BatchId, tell: Tell) -> RunOutcome:
        afterwards = Afterwards(self._tools.doorbell)
        try:
            async with self._leases.hold(batch) as held:
                outcome = RunOutcome.BUSY
                if held:
                    outcome = await self._observe_run(story, batch, self._tell(story, batch, tell, afterwards))
        except OSError as error:
            # Nobody can hold this batch, whatever story it is: that is told like any other failure of its.
            await self._back_off(story, batch, error)
            self._observe(story, RunOutcome.FAILED, 0.0)
            return RunOutcome.FAILED
        await afterwards.ring_all()
        return outcome

    async def _tell(self, story: Story, batch: BatchId, tell: Tell, doorbell: Doorbell) -> History:
        # Whoever waits for room holds no more of the batch than a glance.
        glance = await self._tools.ledger.glance(batch)
        room = self._rooms.get(story)
        with in_turn(glance.passages[0].at):
            async with nullcontext() if room is None else room.taken(glance.documents):
                return await tell(replace(self._tools, doorbell=doorbell))

    async def _gather(self, name: RouteName, *, at_once: bool) -> None:
        route = self._tools.routes.get(name)
        if route is not None:
            await gather(route, self._tools, at_once=at_once)

    async def _observe_run(self, story: Story, subject: str, run: Awaitable[object]) -> RunOutcome:
        outcome, begun = RunOutcome.FAILED, monotonic()
        try:
            result = await run
        except Conflict:
            outcome = RunOutcome.BUSY
        except (NotEnrolled, NotApprovable) as error:
            await self._back_off(story, subject, error)
            outcome = RunOutcome.WAITING
        except UnknownBatch:
            # Rung for by nobody of us, or taken away since: there is nothing to try again.
            raise
        except SealingError as error:
            await self._back_off(story, subject, error)
        except Exception as error:
            # Whatever it is, it must not end the worker: the other batches are innocent.
            await self._back_off(story, subject, error)
            if cause_of(error) is Cause.UNEXPECTED:
                log.exception("story broke", story=story, subject=subject)
        else:
            self.backoff.reset(subject)
            await self._note_end(subject, result)
            log.info("story done", story=story, subject=subject)
            outcome = RunOutcome.DONE
        self._observe(story, outcome, monotonic() - begun)
        return outcome

    async def _note_end(self, subject: str, result: object) -> None:
        """The subject moves again; except a batch that stopped, which waits for a person."""
        if not isinstance(result, History) or not result.is_stopped:
            await self._standstills.clear(subject)
            return
        why = result.last(Lapsed).why
        await self._standstills.record(Standstill(subject=subject, cause=Cause.STOPPED, detail=why, since=result.since))

    async def _back_off(self, story: Story, subject: str, error: Exception) -> None:
        after = error.after if isinstance(error, Retryable) else None
        # What cannot succeed as it is waits until somebody mended it.
        after = _UNTIL_MENDED if isinstance(error, Permanent) else after
        now = self._tools.now()
        pause = self.backoff.extend(subject, now, after)
        standstill = await self._standstills.record(
            Standstill(
                subject=subject,
                cause=cause_of(error),
                detail=error_text(error),
                since=now,
                next_try=now + pause,
            )
        )
        log.warning(
            "story failed",
            story=story,
            subject=subject,
            kind=type(error).__name__,
            error=standstill.detail,
            cause=standstill.cause,
            advice=standstill.advice,
            since=standstill.since.isoformat(),
            attempts=standstill.attempts,
            again_in=pause.total_seconds(),
        )
