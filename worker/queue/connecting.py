"""How Redis is reached: by one URL, with a retry that rides out a restart of the server, and JSON instead of pickle."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError


def redis_settings(url: str) -> RedisSettings:
    """Settings for a `redis://`, `rediss://` or `unix://` URL; about ten seconds of outage are ridden out."""
    settings = RedisSettings.from_dsn(url)
    settings.retry = Retry(ExponentialBackoff(cap=1, base=0.05), 12)
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    return settings


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON. arq's own choice is pickle, with which whoever can write to Redis can run code here."""
    return json.dumps(job, default=str).encode()


def deserialize(content: bytes) -> dict[str, Any]:
    """The job that `serialize` wrote."""
    job: dict[str, Any] = json.loads(content)
    return job


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[ArqRedis]:
    """A pool of connections for the time of the block. Raises redis' ConnectionError when nobody answers."""
    pool = await create_pool(redis_settings(url), job_serializer=serialize, job_deserializer=deserialize)
    try:
        yield pool
    finally:
        await pool.aclose(close_connection_pool=True)
