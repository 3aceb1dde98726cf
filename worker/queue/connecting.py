"""How Redis is reached: by one URL, with a retry that rides out a restart of the server, and JSON instead of pickle."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from arq import ArqRedis
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.redis_server import opened_server

_CONNECT_TIMEOUT = 2.0  # seconds
_ANSWER_TIMEOUT = 5.0  # seconds; no command of ours waits in the server

FOREIGN = "foreign"
"""The function that is run in place of a job which nobody of us wrote."""
LARGEST_JOB = 64 * 1024
"""Bytes; ours have some two thousand. Read as JSON, what fits into Redis would take ten times its room here."""
_Moment = Annotated[int, Field(ge=0, lt=2**45)]
"""Milliseconds of Unix time, within arq's calendar."""


class _Job(BaseModel):
    """A job as arq writes it; arq itself believes whatever stands there, and dies of what does not fit."""

    model_config = ConfigDict(extra="forbid", strict=True)

    f: str
    a: list[Any]
    k: dict[str, Any]
    t: None
    et: _Moment


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON. arq's own choice is pickle, with which whoever can write to Redis can run code here."""
    return json.dumps(job, default=str).encode()


def deserialize(content: bytes) -> dict[str, Any]:
    """The job that `serialize` wrote; in place of one that nobody of us wrote, the one that refuses it."""
    with suppress(ValidationError):
        if len(content) <= LARGEST_JOB:
            return _Job.model_validate_json(content).model_dump()
    return {"f": FOREIGN, "a": (), "k": {}, "t": None, "et": 0}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[ArqRedis]:
    """A pool of connections for the time of the block, to an address as the settings have it.

    Nobody is called yet. About ten seconds without a server are ridden out by each command; a server that accepts and
    does not answer fails it after a few seconds, since asking such a one again would only double the wait.
    """
    # Not arq's own `create_pool`: it knows no timeout for answers, and asks before it gives the pool.
    async with opened_server(
        url,
        ArqRedis,
        socket_connect_timeout=_CONNECT_TIMEOUT,
        socket_timeout=_ANSWER_TIMEOUT,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), 12, (RedisConnectionError,)),
        # Not OSError as a whole, of which a timeout is one.
        retry_on_error=[RedisConnectionError, ConnectionError, FileNotFoundError],
    ) as pool:
        pool.job_serializer, pool.job_deserializer = serialize, deserialize
        yield pool
