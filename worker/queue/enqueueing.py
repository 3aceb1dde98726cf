"""Queueing a job: in the order of asking, whatever any clock says, and whatever else may stand in Redis.

arq runs the jobs whose moment has come by the wall clock: after a step back, what waits would wait for as long, and its
id keep it from being queued anew. So the moments here are the numbers of a counter, which are all long past.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from arq import ArqRedis
from arq.constants import job_key_prefix, result_key_prefix
from redis.exceptions import ResponseError, WatchError

from worker.queue.wake_ups import announce

_TURN = "zimogs:turn"
_LAST_TURN = 2**39
_BEHIND = 2**39
"""What is added to the turn of all that gives way. As milliseconds of Unix time both together are in 2004."""


async def enqueue(
    redis: ArqRedis,
    queue: str,
    job_id: str,
    function: str,
    *arguments: str | bool,
    life: timedelta,
    gives_way: bool = False,
) -> None:
    """Queue the job unless it is queued already, and wake who runs it. It is forgotten after its `life`.

    One that `gives_way` stands behind all others: a worker looks only so far into its queue. Raises redis' errors.
    """
    turn = await _take_turn(redis) + _BEHIND * gives_way
    moment = datetime.fromtimestamp(turn / 1000, UTC)
    job = await redis.enqueue_job(
        function, *arguments, _queue_name=queue, _job_id=job_id, _defer_until=moment, _expires=life
    )
    if job is None:
        await _see_to(redis, queue, job_id, turn)
    await announce(redis, queue)


async def _take_turn(redis: ArqRedis) -> int:
    with suppress(ResponseError):
        turn = int(await redis.incr(_TURN))
        if 0 < turn <= _LAST_TURN:
            return turn
    # Whatever stands there, nobody of us wrote it. Where Redis takes nothing at all, this says so.
    await redis.set(_TURN, 1)
    return 1


async def _see_to(redis: ArqRedis, queue: str, job_id: str, turn: int) -> None:
    """A job that is there already: have it stand in its queue, and not for later."""
    # We keep no results. One that somebody else has put there would hold up the job for ever.
    await redis.delete(result_key_prefix + job_id)
    async with redis.pipeline(transaction=True) as pipe:
        await pipe.watch(job_key_prefix + job_id)
        if not await pipe.exists(job_key_prefix + job_id):
            return
        pipe.multi()  # type: ignore[no-untyped-call]
        pipe.zadd(queue, {job_id: turn}, lt=True)
        # It came to its end at this very moment: the next ring is a new one.
        with suppress(WatchError):
            await pipe.execute()
