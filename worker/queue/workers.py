"""The two arq workers of a process, kept running for as long as the process should.

arq's habits that shape this file (DECISIONS.md, 8 to 10): only `Retry` and cancellation run a job again;
a worker ends when Redis does, hence the supervision; a kept result blocks its job id, hence `keep_result=0`;
at its usual half second between polls it would be the slowest part of all; and its log prints arguments,
which here may be a one-time code, hence the raised log level.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog
from arq import ArqRedis, Retry, Worker, func
from redis.exceptions import RedisError

from worker.queue.connecting import FOREIGN, connected, deserialize, serialize
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES
from worker.queue.foreign_jobs import WaryWorker, refuse, refuse_foreign
from worker.queue.jobs import read_consent, read_ring
from worker.queue.task_runner import RunOutcome, TaskRunner
from worker.storage.encryption import Cipher

log = structlog.get_logger()

_LONGEST_JOB = timedelta(minutes=30)
_LEASE_PAUSE = timedelta(milliseconds=300)
_RESTART_PAUSE = 1.0  # seconds; the retry in the connection has already ridden out a short outage
_GRACE = 20  # seconds a running job may take to end when the worker is asked to stop
_ENDLESS = 1_000_000  # tries: a story's own records count its attempts, not arq


@refuse_foreign
async def _run_story(ctx: dict[str, Any], *arguments: object) -> None:
    ring = read_ring(arguments)
    await ctx["task_runner"].run(ring.story, ring.subject, at_once=ring.at_once)


@refuse_foreign
async def _seal(ctx: dict[str, Any], *arguments: object) -> None:
    runner: TaskRunner = ctx["task_runner"]
    if await runner.seal(read_consent(arguments, ctx["cipher"], runner.now())) is RunOutcome.BUSY:
        raise Retry(defer=_LEASE_PAUSE)


@asynccontextmanager
async def working(url: str, task_runner: TaskRunner, cipher: Cipher) -> AsyncIterator[None]:
    """Have stories run and authorizations used for the time of the block; running jobs may end first.

    `cipher` reads what the desk's has encrypted.
    """
    logging.getLogger("arq").setLevel(logging.WARNING)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_keep_running(url, task_runner, cipher, queue)) for queue in (STORIES, SEALING)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _keep_running(url: str, task_runner: TaskRunner, cipher: Cipher, queue: str) -> None:
    while True:
        try:
            async with connected(url) as redis:
                await _run(_worker(redis, task_runner, cipher, queue))
        except (RedisError, OSError) as error:
            log.warning("worker lost redis", queue=queue, error=error, again_in=_RESTART_PAUSE)
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


def _worker(redis: ArqRedis, task_runner: TaskRunner, cipher: Cipher, queue: str) -> Worker:
    return WaryWorker(
        functions=[func(_run_story, name=RUN), func(_seal, name=SEAL), func(refuse, name=FOREIGN)],
        queue_name=queue,
        redis_pool=redis,
        ctx={"task_runner": task_runner, "cipher": cipher},
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
