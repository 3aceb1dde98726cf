"""The two arq workers of a process, kept running for as long as the process should.

arq's habits that shape this file (DECISIONS.md, 8 to 10): only `Retry` and cancellation run a job again;
a worker ends when Redis does, hence the supervision; a kept result blocks its job id, hence `keep_result=0`;
and at its usual half second between polls it would be the slowest part of all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog
from arq import ArqRedis, Retry, Worker, func
from redis.exceptions import RedisError

from jobs.model.seals import Authorization
from jobs.ports import Story
from worker.queue.connecting import connected, deserialize, serialize
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES
from worker.queue.task_runner import RunOutcome, TaskRunner

log = structlog.get_logger()

_LONGEST_JOB = timedelta(minutes=30)
_LEASE_PAUSE = timedelta(milliseconds=300)
_RESTART_PAUSE = 1.0  # seconds; the retry in the connection has already ridden out a short outage
_GRACE = 20  # seconds a running job may take to end when the worker is asked to stop
_ENDLESS = 1_000_000  # tries: a story's own records count its attempts, not arq


async def _run_story(ctx: dict[str, Any], story: str, subject: str, at_once: bool) -> None:  # noqa: FBT001  arq passes by position
    await ctx["task_runner"].run(Story(story), subject, at_once=at_once)


async def _seal(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    if await ctx["task_runner"].seal(Authorization.model_validate(payload)) is RunOutcome.BUSY:
        raise Retry(defer=_LEASE_PAUSE)


@asynccontextmanager
async def working(url: str, task_runner: TaskRunner) -> AsyncIterator[None]:
    """Have stories run and authorizations used for the time of the block; running jobs may end first."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_keep_running(url, task_runner, queue)) for queue in (STORIES, SEALING)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _keep_running(url: str, task_runner: TaskRunner, queue: str) -> None:
    while True:
        try:
            async with connected(url) as redis:
                await _run(_worker(redis, task_runner, queue))
        except (RedisError, OSError) as error:
            log.warning("worker lost redis", queue=queue, error=str(error), again_in=_RESTART_PAUSE)
        await asyncio.sleep(_RESTART_PAUSE)


async def _run(worker: Worker) -> None:
    try:
        await worker.async_run()
    except asyncio.CancelledError:
        # Redis may be gone by now; that must not keep us from stopping.
        with suppress(RedisError, OSError):
            await asyncio.shield(_finish(worker))
        raise


async def _finish(worker: Worker) -> None:
    """Let running jobs end within the grace period; what is still running then is cancelled and queued again."""
    worker.allow_pick_jobs = False
    running = list(worker.tasks.values())
    if running:
        await asyncio.wait(running, timeout=_GRACE)
    await worker.close()


def _worker(redis: ArqRedis, task_runner: TaskRunner, queue: str) -> Worker:
    return Worker(
        functions=[func(_run_story, name=RUN), func(_seal, name=SEAL)],
        queue_name=queue,
        redis_pool=redis,
        ctx={"task_runner": task_runner},
        handle_signals=False,
        max_jobs=10,
        queue_read_limit=1000,
        poll_delay=0.05,
        job_timeout=_LONGEST_JOB,
        max_tries=_ENDLESS,
        keep_result=0,
        health_check_interval=10,
        job_serializer=serialize,
        job_deserializer=deserialize,
        log_results=False,
    )
