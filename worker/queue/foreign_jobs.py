"""Jobs and ids that nobody of us wrote: each ends with one line in the log and is gone from its queue.

Whoever can write to Redis can write anything there. arq itself decodes ids and calls functions as it finds them; what
it stumbles over stays in the queue, and stops the worker again at its next start.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import structlog
from arq.typing import WorkerCoroutine

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
        """Start the jobs whose ids can be read, and drop the others."""
        readable = []
        for job_id in job_ids:
            try:
                job_id.decode()
            except UnicodeDecodeError:
                log.warning("job refused", function=FOREIGN, error="its id is no text")
                await self.pool.zrem(self.queue_name, job_id)
            else:
                readable.append(job_id)
        if job_ids:
            # A moment before time began is none that we wrote, and minus infinity none that arq can count with.
            await self.pool.zremrangebyscore(self.queue_name, "-inf", "(0")
        await super().start_jobs(readable)
