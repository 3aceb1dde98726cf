"""The embedded Valkey: one owner, its files kept, a socket that others share."""

import asyncio
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from jobs.model.names import batch_id
from jobs.ports import Story
from tests.support.builders import INVOICES
from tests.support.waiting import PATIENCE
from worker.queue.connecting import connected
from worker.queue.doorbell import STORIES, ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.storage.encryption import Cipher

BATCH = batch_id(INVOICES, 1)

# Owns a server in a process of its own, tells the server's process id, and waits for its end.
OWNER = """
import asyncio, sys
from pathlib import Path
from worker.queue.connecting import connected
from worker.queue.embedded import embedded_valkey
async def own():
    async with embedded_valkey(Path(sys.argv[1])) as url, connected(url) as pool:
        print((await pool.info("server"))["process_id"], flush=True)
        await asyncio.Event().wait()
asyncio.run(own())
"""


async def test_rings_survive_a_killed_server(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    async with embedded_valkey(folder) as url, connected(url) as pool:
        await ArqDoorbell(pool, Cipher(bytes(32))).ring(Story.PREPARE, BATCH)
        await pool.config_set("appendfsync", "always")
        await pool.set("written", "yes")
        server = int((await pool.info("server"))["process_id"])
        os.kill(server, signal.SIGKILL)
    async with embedded_valkey(folder) as url, connected(url) as pool:
        assert (await ArqDoorbell(pool, Cipher(bytes(32))).depth())[STORIES] == 1


async def test_a_server_left_behind_by_a_killed_process_is_ended_and_replaced(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert owner.stdout is not None
    orphan = int(await owner.stdout.readline())
    owner.kill()
    await owner.wait()
    async with embedded_valkey(tmp_path) as url, connected(url) as pool:
        assert int((await pool.info("server"))["process_id"]) != orphan


async def test_a_second_process_shares_the_first_ones_server(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as first, embedded_valkey(tmp_path) as second:
        assert first == second
        async with connected(second) as pool:
            assert await pool.ping()


async def test_a_process_that_comes_too_early_waits_for_the_owner(tmp_path: Path) -> None:
    async def opened(server: AbstractAsyncContextManager[str], other: asyncio.Barrier) -> str:
        async with server as url, connected(url) as pool:
            await pool.ping()
            await other.wait()
            return url

    barrier = asyncio.Barrier(2)
    first, second = await asyncio.gather(*(opened(embedded_valkey(tmp_path), barrier) for _ in range(2)))
    assert first == second


async def test_a_server_that_cannot_read_its_files_says_so(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path):
        pass
    manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
    assert await asyncio.to_thread(manifest.exists)
    await asyncio.to_thread(manifest.write_bytes, b"not a manifest")
    with pytest.raises(OSError, match=r"(?s)did not start: .*manifest.*move .* away"):
        async with embedded_valkey(tmp_path):
            pytest.fail("it started")


async def test_a_deep_folder_still_gets_a_socket(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path / ("deep" * 30)) as url, asyncio.timeout(PATIENCE), connected(url) as pool:
        assert await pool.ping()
