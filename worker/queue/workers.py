"""The two arq workers of a process.

arq's habits that shape this file (DECISIONS.md, 8 to 10): only `Retry` and cancellation run a job again; a kept
result blocks its job id, hence `keep_result=0`; and it polls, which would either be slow or keep an idle machine busy,
hence `wake_ups`.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from arq import ArqRedis, Retry, func
from redis.exceptions import RedisError

from worker.queue.connecting import FOREIGN, connected, deserialize, serialize
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES
from worker.queue.foreign_jobs import WaryWorker, refuse, refuse_foreign
from worker.queue.heartbeat import LOOK
from worker.queue.jobs import LateConsent, read_consent, read_ring
from worker.queue.stages import MOST_JOBS
from worker.queue.task_runner import RunOutcome, TaskRunner
from worker.queue.wake_ups import WakeUps
from worker.storage.encryption import Cipher

_LONGEST_JOB = timedelta(minutes=30)
_LEASE_PAUSE = 0.3  # seconds
_FAILURE_PAUSE = 2.0  # seconds
_GOODBYE = 2.0  # seconds that Redis may take to hear of our end
_HURRY = 0.5  # seconds until what was cancelled in vain is cancelled again
_ENDLESS = 1_000_000  # tries: a story's own records count its attempts, not arq

GRACE = {STORIES: 4.0, SEALING: 10.0}
"""Seconds for which running jobs may go on when their worker is asked to stop. A person's consent is used up by a
signature call that is broken off; all else goes on from its last record."""


@refuse_foreign
async def _run_story(ctx: dict[str, Any], *arguments: object) -> None:
    ring = read_ring(arguments)
    await ctx["task_runner"].run(ring.story, ring.subject, at_once=ring.at_once)


@refuse_foreign
async def _seal(ctx: dict[str, Any], *arguments: object) -> None:
    runner: TaskRunner = ctx["task_runner"]
    outcome = RunOutcome.FAILED
    try:
        consent = read_consent(arguments, ctx["cipher"], runner.now())
    except LateConsent:
        # Where it is our clock that is wrong, a worker on another machine may use it: Redis' is one for all of them.
        read_consent(arguments, ctx["cipher"], await _time_of(ctx["redis"]))
    else:
        outcome = await runner.seal(consent)
    if outcome in {RunOutcome.BUSY, RunOutcome.FAILED}:
        # Also after a failure nothing of the consent was spent: that is recorded first, and then the batch waits for it
        # no longer. A full disk must not cost a person's approval; the code is refused when it has lain too long.
        # Not deferred by arq, which counts by the wall clock: a step of that would outlive the code.
        await asyncio.sleep(_LEASE_PAUSE if outcome is RunOutcome.BUSY else _FAILURE_PAUSE)
        raise Retry


async def _time_of(redis: ArqRedis) -> datetime:
    seconds, _ = await redis.time()
    return datetime.fromtimestamp(seconds, UTC)


async def work(url: str, task_runner: TaskRunner, cipher: Cipher, queue: str, *, look: float = LOOK) -> None:
    """Run what is queued until cancelled; running jobs may end first, for a moment. Redis may be away, also at first.

    `cipher` reads what the desk's has encrypted. `look` is the seconds after which what no ring told of is found.
    """
    async with connected(url) as redis:
        wake_ups = WakeUps(redis, queue)
        worker = _worker(redis, {"task_runner": task_runner, "cipher": cipher}, queue, wake_ups, look)
        worker.main_task = main = asyncio.create_task(worker.main())
        listening = asyncio.create_task(wake_ups.listen())
        try:
            # Not awaited itself: the Redis client loses a cancellation now and then, and ours with it.
            ended, _ = await asyncio.wait({main, listening}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            # Whatever becomes of us, what runs must be ended in order, however often we are told to hurry.
            finishing = asyncio.create_task(_finish(worker, main, listening))
            while not finishing.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({finishing})


async def _finish(worker: WaryWorker, *loops: asyncio.Task[None]) -> None:
    """Let running jobs end within the grace period; what is still running then is cancelled and queued again."""
    worker.allow_pick_jobs = False
    if running := list(worker.tasks.values()):
        await asyncio.wait(running, timeout=GRACE[worker.queue_name])
    # Redis may be gone by now; that must not keep us from stopping.
    with suppress(RedisError, OSError, TimeoutError):
        await asyncio.wait_for(worker.close(), _GOODBYE)
    while running_loops := [loop for loop in loops if not loop.done()]:
        for loop in running_loops:
            loop.cancel()
        await asyncio.wait(running_loops, timeout=_HURRY)


def _worker(redis: ArqRedis, ctx: dict[str, Any], queue: str, wake_ups: WakeUps, look: float) -> WaryWorker:
    return WaryWorker(
        wake_ups=wake_ups,
        look=look,
        functions=[func(_run_story, name=RUN), func(_seal, name=SEAL), func(refuse, name=FOREIGN)],
        queue_name=queue,
        redis_pool=redis,
        ctx=ctx,
        handle_signals=False,
        max_jobs=MOST_JOBS,
        queue_read_limit=1000,
        job_timeout=_LONGEST_JOB,
        max_tries=_ENDLESS,
        keep_result=0,
        health_check_interval=10,
        job_serializer=serialize,
        job_deserializer=deserialize,
        log_results=False,
    )
