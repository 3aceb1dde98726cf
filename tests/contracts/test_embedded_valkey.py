"""The embedded Valkey: one owner, its files kept, a socket that others share."""

import asyncio
import os
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest
from arq import ArqRedis
from redis.exceptions import RedisError

from jobs.model.names import batch_id
from jobs.ports import Story
from tests.support.builders import INVOICES
from tests.support.waiting import PATIENCE
from worker.queue.connecting import connected
from worker.queue.doorbell import STORIES, ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.queue.socket_path import choose_socket_path
from worker.queue.valkey_process import ValkeyProcess
from worker.storage.encryption import Cipher

BATCH = batch_id(INVOICES, 1)

# Owns a server in a process of its own, tells the server's process id, and waits for its end.
OWNER = """
import asyncio, signal, sys
from pathlib import Path
from worker.queue.connecting import connected
from worker.queue.embedded import embedded_valkey
from worker.queue.socket_path import choose_socket_path
async def own():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    async with embedded_valkey(Path(sys.argv[1])) as url, connected(url) as pool:
        print((await pool.info("server"))["process_id"], flush=True)
        await asyncio.Event().wait()
asyncio.run(own())
"""


@asynccontextmanager
async def owning(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A process that owns a server, and the server's process id; it ends with the block at the latest."""
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert owner.stdout is not None
    try:
        yield owner, int(await owner.stdout.readline())
    finally:
        if owner.returncode is None:
            with suppress(ProcessLookupError):
                owner.kill()
        await owner.wait()


async def server_of(pool: ArqRedis) -> int:
    """The process id of the server that answers."""
    return int((await pool.info("server"))["process_id"])


async def another_server(pool: ArqRedis, *, than: int) -> None:
    """Wait until another server answers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(RedisError):
                if await server_of(pool) != than:
                    return
            await asyncio.sleep(0.05)


async def test_rings_survive_a_killed_server(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    async with embedded_valkey(folder) as url, connected(url) as pool:
        await ArqDoorbell(pool, Cipher(bytes(32))).ring(Story.PREPARE, BATCH)
        await pool.config_set("appendfsync", "always")
        await pool.set("written", "yes")
        os.kill(await server_of(pool), signal.SIGKILL)
    async with embedded_valkey(folder) as url, connected(url) as pool:
        assert (await ArqDoorbell(pool, Cipher(bytes(32))).depth())[STORIES] == 1


async def test_a_last_write_that_was_cut_off_costs_no_other_ring(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as url, connected(url) as pool:
        await ArqDoorbell(pool, Cipher(bytes(32))).ring(Story.PREPARE, BATCH)
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nha")
    async with embedded_valkey(tmp_path) as url, connected(url) as pool:
        assert (await ArqDoorbell(pool, Cipher(bytes(32))).depth())[STORIES] == 1


async def test_a_server_that_dies_is_started_again_by_its_owner(tmp_path: Path) -> None:
    restarts: list[str] = []
    async with embedded_valkey(tmp_path, lambda: restarts.append("once")) as url, connected(url) as pool:
        killed = await server_of(pool)
        os.kill(killed, signal.SIGKILL)
        await another_server(pool, than=killed)
    assert restarts == ["once"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
async def test_when_the_owner_is_gone_another_process_that_lives_owns_the_server(
    tmp_path: Path, end: signal.Signals
) -> None:
    async with owning(tmp_path) as (owner, server), embedded_valkey(tmp_path) as url, connected(url) as pool:
        assert await server_of(pool) == server
        owner.send_signal(end)
        await another_server(pool, than=server)


async def test_when_the_owner_hangs_and_its_server_is_gone_another_process_starts_one(tmp_path: Path) -> None:
    async with owning(tmp_path) as (owner, server), embedded_valkey(tmp_path) as url, connected(url) as pool:
        owner.send_signal(signal.SIGSTOP)
        os.kill(server, signal.SIGKILL)
        await another_server(pool, than=server)
        replaced = await server_of(pool)
        owner.send_signal(signal.SIGCONT)
        # The owner finds a server that answers, and lets it be; when it ends, so does nothing of ours.
        owner.send_signal(signal.SIGTERM)
        await owner.wait()
        assert await server_of(pool) == replaced


async def test_a_full_server_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path) as url, connected(url) as pool:
        assert int((await pool.config_get("maxmemory"))["maxmemory"]) == 128 << 20
        assert await pool.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


async def test_a_server_left_behind_by_a_killed_process_is_ended_and_replaced(tmp_path: Path) -> None:
    async with owning(tmp_path) as (owner, orphan):
        owner.kill()
        await owner.wait()
        async with embedded_valkey(tmp_path) as url, connected(url) as pool:
            assert await server_of(pool) != orphan


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


@pytest.mark.parametrize("name", ["with a space", "žāles pļava", "a%20#b?c=d", "quo\"ted'"])
async def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    async with embedded_valkey(tmp_path / name) as url, connected(url) as pool:
        assert await pool.ping()
    assert (tmp_path / name / "appendonlydir").is_dir()


async def test_a_server_that_is_still_starting_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    process = ValkeyProcess(tmp_path, tmp_path / "valkey.sock", {"loglevel": "warning"})
    starting = asyncio.create_task(process.start(PATIENCE))
    await asyncio.sleep(0)
    starting.cancel()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(asyncio.CancelledError):
            await starting
    await process.stop()


async def test_a_deep_folder_still_gets_a_socket(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path / ("deep" * 30)) as url, asyncio.timeout(PATIENCE), connected(url) as pool:
        assert await pool.ping()


async def test_the_socket_of_a_deep_folder_stands_where_nobody_else_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = choose_socket_path(tmp_path / ("deep" * 30)).parent
    assert (folder.parent, stat.S_IMODE(folder.stat().st_mode)) == (tmp_path, 0o700)


@pytest.mark.parametrize("trap", ["a link", "a file", "open to others"])
async def test_a_socket_folder_that_somebody_else_has_prepared_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep = tmp_path / ("deep" * 30)
    folder = choose_socket_path(deep).parent
    folder.rmdir()
    match trap:
        case "a link":
            (tmp_path / "elsewhere").mkdir(mode=0o700)
            folder.symlink_to(tmp_path / "elsewhere")
        case "a file":
            folder.touch()
        case _:
            folder.mkdir()
            folder.chmod(0o777)
    with pytest.raises(OSError, match=r"Remove it, or choose a shorter folders\.data"):
        choose_socket_path(deep)
