"""Waking workers: whoever queues a job says so on a channel of Redis, and workers sleep until they hear of one.

A message may get lost like any ring, so workers also look by themselves now and then: seldom while they listen, and
every few moments where they cannot. What a message says is never read.
"""

import asyncio
from contextlib import suppress

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from worker.clock import monotonic

_UNTOLD = 0.05  # seconds between two looks while nobody would tell us
_APART = 0.02  # seconds between two looks at least, however many rings come: they are all seen by one
_SILENCE = 10.0  # seconds without any message after which we ask if the line still stands
_ANSWER = 5.0  # seconds
_PAUSE = 1.0  # seconds until we try to listen again


async def announce(redis: Redis, queue: str) -> None:
    """Say that something was queued there. Raises nothing: what nobody hears is found a little later."""
    with suppress(RedisError):
        await redis.publish(_channel(queue), b"")


class WakeUps:
    """What wakes the worker of one queue: rings that are announced, and jobs of its own that end."""

    def __init__(self, redis: Redis, queue: str) -> None:
        self._redis = redis
        self._queue = queue
        self._news = asyncio.Event()
        self._news.set()
        self._looked_at = 0.0
        self._is_listening = False

    def wake(self) -> None:
        """Have the worker look now."""
        self._news.set()

    async def wait(self, at_most: float) -> None:
        """Wait for news, or so many seconds; for moments only while nothing can be heard."""
        patience = at_most if self._is_listening else min(at_most, _UNTOLD)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._news.wait()
                await asyncio.sleep(self._looked_at + _APART - monotonic())
        self._news.clear()
        self._looked_at = monotonic()

    async def count_workers(self) -> int:
        """How many workers of this queue live, with this one: all of them listen.

        One that hangs is counted for as long as Redis believes in its connection. Raises redis' errors.
        """
        # Where whoever keeps Redis forbids the question, each worker does as if it were alone.
        with suppress(ResponseError):
            ((_, listening),) = await self._redis.pubsub_numsub(_channel(self._queue))
            return max(1, int(listening) + (not self._is_listening))
        return 1

    async def listen(self) -> None:
        """Listen until cancelled, whenever Redis is there and lets us."""
        while True:
            # That Redis is away is the worker's own to tell.
            with suppress(RedisError, OSError):
                async with self._redis.pubsub() as line:
                    await self._listen_to(line)
            await asyncio.sleep(_PAUSE)

    async def _listen_to(self, line: PubSub) -> None:
        try:
            await line.subscribe(_channel(self._queue))
            while True:
                # The first message says that we are listening: what came before it is seen by the look that follows.
                if await _hear(line):
                    self._is_listening = True
                    self._news.set()
        finally:
            self._is_listening = False


async def _hear(line: PubSub) -> bool:
    """Whether there is news; False after a silence in which the line still stood. Raises redis' errors where not."""
    message = await line.get_message(timeout=_SILENCE)
    if message is None:
        await line.ping()
        message = await line.get_message(timeout=_ANSWER)
    if message is None:
        raise RedisConnectionError("nobody is at the other end of the line")
    return bool(message["type"] != "pong")


def _channel(queue: str) -> str:
    return f"{queue}:rung"
