"""A line to the Redis that holds the streams, on which commands may wait for something to come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.redis_server import opened_server

LONGEST_WAIT = 5.0
"""Seconds for which a command waits in the server."""
_ANSWER_TIMEOUT = 2 * LONGEST_WAIT
_CONNECT_TIMEOUT = 2.0


@asynccontextmanager
async def opened_redis(url: str) -> AsyncIterator[Redis]:
    """Connections for the time of the block; nobody is called yet. A restart of the server is ridden out."""
    async with opened_server(
        url,
        Redis,
        socket_connect_timeout=_CONNECT_TIMEOUT,
        socket_timeout=_ANSWER_TIMEOUT,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), 5, (RedisConnectionError,)),
        retry_on_error=[RedisConnectionError, ConnectionError, FileNotFoundError],
    ) as redis:
        yield redis
