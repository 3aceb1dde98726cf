"""Rings: a job is a story's name and an id. Ringing twice for work that is already queued is one job."""

import asyncio
import secrets
from datetime import timedelta

import structlog
from arq import ArqRedis
from redis.exceptions import RedisError

from jobs.model.names import RouteName
from jobs.model.seals import Authorization
from jobs.ports import Story
from worker.queue.enqueueing import enqueue
from worker.queue.jobs import CODE_LIFE, consent_arguments, ring_arguments
from worker.storage.encryption import Cipher

log = structlog.get_logger()

STORIES = "zimogs:stories"
SEALING = "zimogs:sealing"
"""Sealing has a queue of its own: a one-time code must never wait behind somebody's uploads."""

RUN = "run"
SEAL = "seal"
_RING_LIFE = timedelta(days=1)
_SCRAPE_PATIENCE = 2.0
"""Seconds."""
_PROBE, _PROBE_LIFE, _PROBE_BYTES = "zimogs:probe", timedelta(seconds=30), 1024


class ArqDoorbell:
    """Implements `jobs.ports.Doorbell` with arq.

    A job stays queued until it has been run to its end: the ring of a worker that dies is heard by the next one.
    Consents are encrypted by `cipher`: Redis keeps what it is given in files that outlive the job.
    """

    def __init__(self, redis: ArqRedis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher

    async def ring(self, story: Story, subject: str) -> None:
        """Ask for the story to be run for the batch (or, for gather, the route).

        A ring that Redis cannot take is lost, and healed by the next sweep: no story fails for it.
        """
        try:
            await self._enqueue(story, subject)
        except RedisError as error:
            log.warning("ring lost", story=story, subject=subject, error=error)

    async def gather_now(self, route: RouteName) -> None:
        """Ask for a batch of whatever waits, without waiting for company."""
        await self._enqueue(Story.GATHER, route, at_once=True)

    async def enqueue_sealing(self, authorization: Authorization) -> None:
        """Queue the sealing of an authorized batch. The job holds the one-time code encrypted, and never a token."""
        job_id = f"seal:{authorization.batch}:{secrets.token_hex(4)}"
        arguments = consent_arguments(authorization, self._cipher)
        await enqueue(self._redis, SEALING, job_id, SEAL, *arguments, life=CODE_LIFE)

    async def check(self) -> None:
        """Write something and let it go. Raises redis' errors when nobody answers, or the server takes nothing."""
        await self._redis.set(_PROBE, b"0" * _PROBE_BYTES, px=_PROBE_LIFE)

    async def depth(self) -> dict[str, int]:
        """How many jobs stand in each queue, running ones included; empty while Redis is out of reach."""
        try:
            # Whoever scrapes waits ten seconds, which is how long an outage is ridden out: then all metrics were gone.
            async with asyncio.timeout(_SCRAPE_PATIENCE):
                return {queue: int(await self._redis.zcard(queue)) for queue in (STORIES, SEALING)}
        except (RedisError, TimeoutError):
            return {}

    async def _enqueue(self, story: Story, subject: str, *, at_once: bool = False) -> None:
        job_id = f"{story}:{subject}:{'now' if at_once else 'due'}"
        arguments = ring_arguments(story, subject, at_once=at_once)
        # However many batches are to be prepared, whatever is short or nearly done is seen before them.
        gives_way = story in {Story.PREPARE, Story.RECOVER}
        await enqueue(self._redis, STORIES, job_id, RUN, *arguments, life=_RING_LIFE, gives_way=gives_way)
