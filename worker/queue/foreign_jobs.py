"""Jobs and ids that nobody of us wrote: each ends with one line in the log and is gone from its queue.

Whoever can write to Redis can write anything there. arq itself decodes ids and calls functions as it finds them; what
it stumbles over stays in the queue, and stops the worker again at its next start.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any

import structlog
from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix
from arq.typing import WorkerCoroutine
from redis.exceptions import RedisError, ResponseError

from jobs.model.errors import UnknownBatch
from worker.queue.connecting import FOREIGN
from worker.queue.heartbeat import HeartbeatWorker
from worker.queue.jobs import ForeignJob

log = structlog.get_logger()

JobFunction = Callable[..., Coroutine[Any, Any, None]]


def refuse_foreign(function: JobFunction) -> WorkerCoroutine:
    """Let the function end quietly, with a line in the log, where it raises ForeignJob or UnknownBatch."""

    @wraps(function)
    async def run(ctx: dict[Any, Any], *arguments: object, **_named: object) -> None:
        try:
            await function(ctx, *arguments)
        except (ForeignJob, UnknownBatch) as error:
            log.warning("job refused", function=function.__name__.strip("_"), error=error)

    return run


@refuse_foreign
async def refuse(_: dict[str, Any], *_arguments: object) -> None:
    """Stand in for a job that is none."""
    raise ForeignJob("it is no job of ours")


class WaryWorker(HeartbeatWorker):
    """A worker that takes out of its queue what arq would die of: ids that are no text, and moments that are none."""

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start the jobs whose ids can be read, and drop those whose cannot."""
        readable = []
        for job_id in job_ids:
            try:
                job_id.decode()
                readable.append(job_id)
            except UnicodeDecodeError:
                log.warning("job refused", function=FOREIGN, error="its id is no text")
                await self.pool.zrem(self.queue_name, job_id)
        if job_ids:
            # Our moments are counted from one. What stands before is none of ours; arq leaves 0 where it is for ever,
            # and cannot count with minus infinity.
            await self.pool.zremrangebyscore(self.queue_name, "-inf", 0)
        await super().start_jobs(readable)

    async def run_job(self, job_id: str, score: int) -> None:
        """Run the job; one of whose keys arq can make nothing is dropped with all of them."""
        try:
            await super().run_job(job_id, score)
        except ResponseError as error:
            if not _is_of_another_kind(error):
                raise
            log.warning("job refused", function=FOREIGN, error="what stands in Redis beside it is not ours")
            kinds = (job_key_prefix, retry_key_prefix, in_progress_key_prefix)
            await self.pool.delete(*(kind + job_id for kind in kinds))
            await self.pool.zrem(self.queue_name, job_id)

    async def _poll_iteration(self) -> None:
        await super()._poll_iteration()
        if self.is_cut_off:
            with suppress(RedisError, OSError):
                await self._drop_what_is_no_queue()

    async def _drop_what_is_no_queue(self) -> None:
        if await self.pool.type(self.queue_name) not in {b"zset", b"none"}:
            log.warning("queue refused", queue=self.queue_name, error="what stands in its place is no queue")
            await self.pool.delete(self.queue_name)


def _is_of_another_kind(error: ResponseError) -> bool:
    """Say whether a command met a value of another kind than it is for, as nobody of us writes any.

    Inside a transaction the server's word stands within another error's text.
    """
    return any(word in str(error) for word in ("WRONGTYPE", "not an integer", "would overflow"))
