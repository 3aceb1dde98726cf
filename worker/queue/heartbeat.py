"""An arq worker whose jobs are taken up by others within seconds when it dies.

arq marks a running job with a key that lasts as long as the longest job may: for that time the job of a dead worker is
neither run again nor can it be queued anew. Here the key lasts for seconds and is renewed while its worker lives. The
worst that a worker which was only slow can cause is that another one finds its batch leased, and lets it be.

arq looks at its queue at fixed times; here it sleeps until it is woken.
"""

import asyncio
import time
from typing import Any

import structlog
from arq import Worker
from arq.constants import in_progress_key_prefix
from redis.exceptions import RedisError

from worker.queue.stages import choose, find_shares
from worker.queue.wake_ups import WakeUps

log = structlog.get_logger()

PRESUMED_DEAD = 4.0
"""Seconds without a sign of life after which a worker's jobs are anybody's."""
_MARK = in_progress_key_prefix.encode()
_MARK_LIFE = int(PRESUMED_DEAD * 1000)  # milliseconds
_ENDLESS = -1
"""What Redis says of a key that never expires."""
_BEAT = 1.0  # seconds
_CUT_OFF_PAUSE = 1.0  # seconds
LOOK = 2.0
"""Seconds after which an idle worker looks by itself: no longer than a lost ring waits for the sweep."""


class HeartbeatWorker(Worker):
    """Renews the marks of its running jobs, and outlives an outage of Redis with its jobs under way.

    It looks at its queue when `wake_ups` wake it, and every `look` seconds.
    """

    def __init__(self, *, wake_ups: WakeUps, look: float = LOOK, **options: Any) -> None:
        super().__init__(**options, poll_delay=0)
        self._wake_ups = wake_ups
        self._look = look
        self._is_anything_queued = False
        self.in_progress_timeout_s = PRESUMED_DEAD
        self._beaten_at = 0.0
        self.is_cut_off = False

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start what is queued and has room, but not what this worker runs already: its mark may be gone by an outage.

        One by one: of what others run arq starts nothing, and then it is somebody else's turn.
        """
        self._is_anything_queued = bool(job_ids)
        queued, before = [job_id.decode() for job_id in job_ids], dict(self.tasks)
        if fresh := [job_id for job_id in queued if job_id not in before]:
            # What stands alone cannot be shared: then Redis need not be asked.
            workers = await self._wake_ups.count_workers() if len(queued) > 1 else 1
            shares = find_shares(queued, workers)
            for job_id in choose(fresh, self._find_running, shares):
                await super().start_jobs([job_id.encode()])
        for job_id in self.tasks.keys() - before.keys():
            # Behind arq's own callback, which frees the job's place: another may have waited for it.
            self.tasks[job_id].add_done_callback(lambda _: self._wake_ups.wake())
        if any(job_id in before and before[job_id].done() for job_id in queued):
            # Rung for again as it came to its end; arq clears that away behind this look.
            self._wake_ups.wake()

    def _find_running(self) -> list[str]:
        return [job_id for job_id, task in self.tasks.items() if not task.done()]

    async def main(self) -> None:
        """Poll until cancelled, also where Redis comes later than we do."""
        while True:
            try:
                await super().main()
            except (RedisError, OSError) as error:
                await self._sit_out(error)

    async def heart_beat(self) -> None:
        """Renew the marks of running jobs; called by arq at every look."""
        now = time.monotonic()
        if now - self._beaten_at >= _BEAT:
            # Not written anew: the mark of a job that has just ended would keep its id from being rung for.
            await self._expire_marks([job_id.encode() for job_id in self.tasks])
            if self._is_anything_queued:
                await self._expire_marks(await self._overlong_marks())
            self._beaten_at = now
        await super().heart_beat()

    async def _overlong_marks(self) -> list[bytes]:
        """Queued jobs whose marks last longer than any of ours.

        They were written before Redis' clock stepped back, or by nobody of us.
        """
        queued = await self.pool.zrange(self.queue_name, 0, self.queue_read_limit - 1)
        async with self.pool.pipeline(transaction=False) as pipe:
            for job_id in queued:
                pipe.pttl(_MARK + job_id)
            lives = await pipe.execute()
        return [job_id for job_id, life in zip(queued, lives, strict=True) if life == _ENDLESS or life > _MARK_LIFE]

    async def _expire_marks(self, job_ids: list[bytes]) -> None:
        async with self.pool.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.pexpire(_MARK + job_id, _MARK_LIFE)
            await pipe.execute()

    async def _poll_iteration(self) -> None:
        if not self.is_cut_off:
            # What is queued still may be marked by a worker that has just died.
            await self._wake_ups.wait(_BEAT if self.tasks or self._is_anything_queued else self._look)
        try:
            await super()._poll_iteration()
        except (RedisError, OSError) as error:
            await self._sit_out(error)
        else:
            if self.is_cut_off:
                log.info("worker found redis again", queue=self.queue_name)
            self.is_cut_off = False

    async def _sit_out(self, error: Exception) -> None:
        if not self.is_cut_off:
            log.warning("worker lost redis", queue=self.queue_name, error=error)
        self.is_cut_off = True
        # The connection has been patient already, except with a server that answers and refuses.
        await asyncio.sleep(_CUT_OFF_PAUSE)
