"""Telling a story when the doorbell rings: under the batch's lease, every failure logged, counted and rested upon."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum

import structlog

from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.errors import NotEnrolled, Outrun, Permanent, Retryable, SealingError
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName
from jobs.model.seals import Authorization
from jobs.ports import Leases, Story, Tools
from jobs.prepare import prepare
from jobs.recover import recover
from jobs.seal import seal
from worker.queue.rests import Rests

log = structlog.get_logger()

_UNTIL_MENDED = timedelta(minutes=5)

BATCH_STORIES: dict[Story, Callable[[BatchId, Tools], Awaitable[History]]] = {
    Story.PREPARE: prepare,
    Story.DELIVER: deliver,
    Story.RECOVER: recover,
}


class Told(StrEnum):
    """How the telling of a story ended. Values are metric labels."""

    DONE = "done"
    BUSY = "busy"
    """Another worker holds the batch, or was faster; it goes on there."""
    WAITING = "waiting"
    """Nothing is wrong, but a person must act first: the seal is not enrolled."""
    FAILED = "failed"


Observe = Callable[[Story, Told], None]


class Teller:
    """Tells stories. A failed one is not repeated here: the sweep rings again when its rest is over."""

    def __init__(self, tools: Tools, leases: Leases, observe: Observe) -> None:
        self._tools = tools
        self._leases = leases
        self._observe = observe
        self.rests = Rests()

    async def tell(self, story: Story, subject: str, *, at_once: bool = False) -> Told:
        """Tell a batch's story, or gather a route."""
        if story is Story.GATHER:
            return await self._watched(story, subject, self._gather(RouteName(subject), at_once=at_once))
        batch = BatchId(subject)
        async with self._leases.hold(batch) as held:
            if not held:
                return Told.BUSY
            return await self._watched(story, subject, BATCH_STORIES[story](batch, self._tools))

    async def seal(self, authorization: Authorization) -> Told:
        """Seal an authorized batch; BUSY means that it must be asked again soon, while the code lives."""
        async with self._leases.hold(authorization.batch) as held:
            if not held:
                return Told.BUSY
            return await self._watched(Story.SEAL, authorization.batch, seal(authorization, self._tools))

    async def _gather(self, name: RouteName, *, at_once: bool) -> None:
        route = self._tools.routes.get(name)
        if route is not None:
            await gather(route, self._tools, at_once=at_once)

    async def _watched(self, story: Story, subject: str, telling: Awaitable[object]) -> Told:
        told = await self._ended(story, subject, telling)
        self._observe(story, told)
        return told

    async def _ended(self, story: Story, subject: str, telling: Awaitable[object]) -> Told:
        try:
            await telling
        except Outrun:
            return Told.BUSY
        except NotEnrolled as error:
            self._rest(story, subject, error)
            return Told.WAITING
        except SealingError as error:
            self._rest(story, subject, error)
            return Told.FAILED
        except Exception as error:
            # Whatever it is, it must not end the worker: the other batches are innocent.
            self._rest(story, subject, error)
            log.exception("story broke", story=story, subject=subject)
            return Told.FAILED
        self.rests.succeeded(subject)
        log.info("story told", story=story, subject=subject)
        return Told.DONE

    def _rest(self, story: Story, subject: str, error: Exception) -> None:
        pause = self.rests.failed(subject, self._tools.now(), _asked_for(error))
        log.warning(
            "story failed",
            story=story,
            subject=subject,
            kind=type(error).__name__,
            error=str(error),
            again_in=pause.total_seconds(),
        )


def _asked_for(error: Exception) -> timedelta | None:
    """How long the failure itself says to wait: what cannot succeed as it is waits until somebody mended it."""
    if isinstance(error, Permanent):
        return _UNTIL_MENDED
    return error.after if isinstance(error, Retryable) else None
