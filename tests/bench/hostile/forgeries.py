"""What somebody who can write to Redis may put there: jobs, ids, moments, keys and dialogs that are none of ours."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import aiohttp
from arq.constants import job_key_prefix
from redis.asyncio import Redis

from jobs.ports import Story
from tests.bench.hostile.running import SWIFT, Bench, Cost
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES
from worker.queue.jobs import ring_arguments
from worker.queue.socket_path import choose_socket_path

_LONGEST = 240.0
_PAUSE = 0.1
_FORGED = "forged"
_DIALOG = "zimogs:dialog:forged"
_LARGE = 50_000_000
Forge = Callable[[Redis, str], Awaitable[object]]
"""Puts it into Redis; also takes the desk's address."""


async def _forge_jobs(count: int, queue: str, make: Callable[[int], bytes], redis: Redis, _: str) -> None:
    for start in range(0, count, 10_000):
        async with redis.pipeline(transaction=False) as pipe:
            for number in range(start, min(count, start + 10_000)):
                pipe.set(f"{job_key_prefix}{_FORGED}{number}", make(number), ex=600)
                pipe.zadd(queue, {f"{_FORGED}{number}": 1 + number})
            await pipe.execute()


def _job(function: str, *arguments: object) -> bytes:
    return json.dumps({"f": function, "a": arguments, "k": {}, "t": None, "et": 1}).encode()


def _ring(number: int) -> tuple[object, ...]:
    return ring_arguments(Story.PREPARE, f"{SWIFT}-{number + 900_000}", at_once=False)


async def _forge_ids(redis: Redis, _: str) -> None:
    ids = {b"\xff%d" % number: number for number in range(1, 10_000)}
    await redis.zadd(STORIES, ids)
    await redis.zadd(STORIES, {f"{_FORGED}{number}": float("-inf") for number in range(10_000)})


async def _forge_kinds(redis: Redis, _: str) -> None:
    for key in (STORIES, SEALING, "zimogs:turn", f"{job_key_prefix}{_FORGED}0"):
        await redis.delete(key)
    await redis.set(STORIES, "x" * 1_000_000)
    await redis.hset(SEALING, "a", "b")  # type: ignore[misc]
    await redis.rpush("zimogs:turn", "x")  # type: ignore[misc]
    await redis.sadd(f"{job_key_prefix}{_FORGED}0", "x")  # type: ignore[misc]


async def _forge_dialog(redis: Redis, desk: str) -> None:
    await redis.set(_DIALOG, b"x" * _LARGE, ex=600)
    async with aiohttp.ClientSession() as http, http.get(f"{desk}/callback?state=forged&code=c") as reply:
        await reply.read()


FORGERIES: Mapping[str, Forge] = {
    "Redis: 100,000 jobs of nonsense": partial(_forge_jobs, 100_000, STORIES, lambda _: b"\x80nonsense"),
    "Redis: 20,000 rings for batches that never were": partial(
        _forge_jobs, 20_000, STORIES, lambda number: _job(RUN, *_ring(number))
    ),
    "Redis: 20,000 consents that nobody gave": partial(
        _forge_jobs, 20_000, SEALING, lambda number: _job(SEAL, f"{SWIFT}-{number + 900_000}", "x" * 500)
    ),
    "Redis: a job of 50 MB": partial(_forge_jobs, 1, STORIES, lambda _: _job(RUN, "x" * _LARGE)),
    "Redis: a job of 10,000,000 lists": partial(
        _forge_jobs, 1, STORIES, lambda _: b'{"f":"run","k":{},"t":null,"et":1,"a":[' + b"[]," * 10_000_000 + b"[]]}"
    ),
    "Redis: a job of 1,000,000 levels": partial(_forge_jobs, 1, STORIES, lambda _: b'{"a":' + b"[" * 1_000_000),
    "Redis: a consent of 50 MB": partial(
        _forge_jobs, 1, SEALING, lambda _: _job(SEAL, f"{SWIFT}-900000", "x" * _LARGE)
    ),
    "Redis: ids that are no text, moments that are none": _forge_ids,
    "Redis: other kinds in place of queues and counters": _forge_kinds,
    "Redis: a dialog of 50 MB": _forge_dialog,
}


async def measure_forgery(bench: Bench, name: str) -> Cost:
    """Put it into the embedded server, and wait until nothing of it is left."""
    path = str(choose_socket_path(bench.app.settings.folders.data / "redis"))
    async with Redis(unix_socket_path=path, socket_timeout=60) as redis:
        return await bench.measure_beside(
            name, lambda: FORGERIES[name](redis, bench.app.settings.desk.public_url), lambda: _end(redis)
        )


async def _end(redis: Redis) -> str:
    began = time.monotonic()
    while time.monotonic() - began < _LONGEST:
        if not (left := await _left(redis)):
            return "dropped"
        await asyncio.sleep(_PAUSE)
    return f"{left} left"


async def _left(redis: Redis) -> int:
    """How much of what was forged still stands in the queues."""
    found = int(await redis.exists(_DIALOG))
    for queue in (STORIES, SEALING):
        if await redis.type(queue) not in {b"zset", b"none"}:
            found += 1
        else:
            ids = await redis.zrange(queue, 0, -1)
            found += sum(_FORGED.encode() in each or each.startswith(b"\xff") for each in ids)
    return found
