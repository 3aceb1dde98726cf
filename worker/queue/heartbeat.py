"""An arq worker whose jobs are taken up by others within seconds when it dies.

arq marks a running job with a key that lasts as long as the longest job may: for that time the job of a dead worker is
neither run again nor can it be queued anew. Here the key lasts for seconds and is renewed while its worker lives. The
worst that a worker which was only slow can cause is that another one finds its batch leased, and lets it be.
"""

import asyncio
import time
from typing import Any

import structlog
from arq import Worker
from arq.constants import in_progress_key_prefix
from arq.utils import timestamp_ms
from redis.exceptions import RedisError

log = structlog.get_logger()

PRESUMED_DEAD = 4.0
"""Seconds without a sign of life after which a worker's jobs are anybody's."""
_BEAT = 1.0  # seconds
_CUT_OFF_PAUSE = 1.0  # seconds
_LATEST = 10_000
"""Milliseconds for which a job of ours is ever put off, and some more. One that is due later was queued by a clock that
was ahead of this one, and would wait for as long as that clock was wrong."""


class HeartbeatWorker(Worker):
    """Renews the marks of its running jobs, and outlives an outage of Redis with its jobs under way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.in_progress_timeout_s = PRESUMED_DEAD
        self._beaten_at = 0.0
        self._is_cut_off = False

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start what is queued, except what this worker runs already: after an outage its mark may be gone."""
        await super().start_jobs([job_id for job_id in job_ids if job_id.decode() not in self.tasks])

    async def heart_beat(self) -> None:
        """Renew the marks of running jobs; called by arq at every poll."""
        now = time.monotonic()
        if now - self._beaten_at >= _BEAT:
            async with self.pool.pipeline(transaction=False) as pipe:
                for job_id in self.tasks:
                    # Not written anew: the mark of a job that has just ended would keep its id from being rung for.
                    pipe.pexpire(in_progress_key_prefix + job_id, int(PRESUMED_DEAD * 1000))
                await pipe.execute()
            await self._hasten()
            self._beaten_at = now
        await super().heart_beat()

    async def _hasten(self) -> None:
        now = timestamp_ms()
        late = await self.pool.zrangebyscore(self.queue_name, now + _LATEST, "+inf")
        if late:
            await self.pool.zadd(self.queue_name, dict.fromkeys(late, now), xx=True)

    async def _poll_iteration(self) -> None:
        try:
            await super()._poll_iteration()
        except (RedisError, OSError) as error:
            if not self._is_cut_off:
                log.warning("worker lost redis", queue=self.queue_name, error=error)
            self._is_cut_off = True
            # The connection has been patient already, except with a server that answers and refuses.
            await asyncio.sleep(_CUT_OFF_PAUSE)
        else:
            if self._is_cut_off:
                log.info("worker found redis again", queue=self.queue_name)
            self._is_cut_off = False
