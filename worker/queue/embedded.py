"""A Valkey server of our own, for the machine that has no Redis: started with us, its files kept, unix socket only.

One process owns it, by a lock that the kernel lets go of when the process dies: it starts the server, and starts it
again when it dies. Others on the same machine share its socket; when the owner ends, one of them becomes the owner,
and when it hangs with its server gone, one of them starts a server in its stead. An owner that finds a server left
behind by a killed process ends that one first.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import structlog
from redis import ConnectionError as RedisConnectionError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tenacity import retry_if_exception_type, stop_after_delay, wait_fixed
from tenacity.asyncio import AsyncRetrying

from worker.clock import monotonic
from worker.queue.socket_path import choose_socket_path
from worker.queue.valkey_process import ValkeyProcess
from worker.storage.durable import make_folder
from worker.storage.leases import open_lock, try_lock

log = structlog.get_logger()

_SETTINGS = {
    # `everysec` may lose a second of rings at a power cut; the ledger heals that, so the faster setting is right.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    # A killed server's last write may be cut off: what is whole before it counts.
    "aof-load-truncated": "yes",
    # At its usual ten rounds of tidying a second it would be busier than a worker that has nothing to do.
    "hz": "2",
    # A ring takes 1 KB, a dialog 2: this is room for 50,000. What we write must be refused rather than forgotten.
    "maxmemory": "128mb",
    "maxmemory-policy": "noeviction",
}
_START_TIMEOUT = 60.0  # seconds; a long append-only file is read again at the start
_LOOK = 0.5  # seconds between two looks at a server that is gone or silent, and at who owns it
_CALM_LOOK = 2.0  # seconds between two looks at one that answers; that ours ended we hear at once
_ANSWER_TIMEOUT = 1.0  # seconds
_SILENCES = 10
"""Answers in a row that a server may owe us before it is ended: a slow disk may hold it up for seconds."""
_ABSENCES = 10
"""Looks in a row at which an owner that lives has not started a gone server again: then it hangs, and others may."""
_LONGEST_PAUSE = 60.0  # seconds
_HURRY = 0.5  # seconds until what was cancelled in vain is cancelled again


@asynccontextmanager
async def embedded_valkey(folder: Path, on_restart: Callable[[], None] = lambda: None) -> AsyncIterator[str]:
    """Have a Valkey server for the time of the block; yields its `unix://` URL. Its files live in `folder`.

    `on_restart` hears of each start after the first. Raises OSError with what the server said when it does not start
    at first, and redis' ConnectionError when the process that owns it does not get it to answer.
    """
    keeper = _Keeper(make_folder(folder), on_restart)
    try:
        await keeper.begin()
        keeping = asyncio.create_task(keeper.keep())
        try:
            yield f"unix://{quote(str(keeper.socket))}"
        finally:
            # The Redis client loses a cancellation now and then.
            while not keeping.done():
                keeping.cancel()
                await asyncio.wait({keeping}, timeout=_HURRY)
    finally:
        await keeper.end()


class _Keeper:
    """Keeps the server running as its owner, or waits to become the owner."""

    def __init__(self, folder: Path, on_restart: Callable[[], None]) -> None:
        self._folder = folder
        self._on_restart = on_restart
        self.socket = choose_socket_path(folder)
        self._lock = open_lock(folder / "owner.lock")
        self._is_owner = False
        self._server: ValkeyProcess | None = None

    async def begin(self) -> None:
        """Start the server, or wait for its owner, who may just be starting. Raises OSError and ConnectionError."""
        if self._become_owner():
            async with self._starting():
                await self._start()
            return
        # Not redis-py's own retry: it takes a socket that is not there yet for a final answer.
        patiently = AsyncRetrying(
            retry=retry_if_exception_type(RedisConnectionError),
            stop=stop_after_delay(_START_TIMEOUT),
            wait=wait_fixed(0.1),
            reraise=True,
        )
        async with self._client() as redis:
            async for attempt in patiently:
                with attempt:
                    await redis.ping()

    async def keep(self) -> None:
        """Start the server again whenever it is gone, until cancelled."""
        failures = 0
        while True:
            await self._await_need()
            try:
                await self._restart()
                failures = 0
            except OSError as error:
                pause = min(_LONGEST_PAUSE, 2.0**failures)
                failures += 1
                log.error("embedded valkey does not start", error=str(error), again_in=pause)  # noqa: TRY400
                await asyncio.sleep(pause)

    async def end(self) -> None:
        """Stop the server if it is ours, and let another process own it."""
        if self._server is not None:
            with suppress(TimeoutError):
                await self._server.stop()
        os.close(self._lock)

    def _become_owner(self) -> bool:
        self._is_owner = self._is_owner or try_lock(self._lock)
        return self._is_owner

    async def _await_need(self) -> None:
        """Return when the server is gone and it is ours to start it, or nobody else does."""
        silences = absences = 0
        async with self._client() as redis:
            while self._server is not None or not self._become_owner():
                await self._pause(_LOOK if silences or absences else _CALM_LOOK)
                try:
                    await redis.ping()
                    silences = absences = 0
                except RedisConnectionError:
                    absences += 1
                    if self._server is not None or absences >= _ABSENCES:
                        return
                except RedisError:
                    silences += 1
                    if self._server is not None and silences >= _SILENCES:
                        return

    async def _pause(self, seconds: float) -> None:
        """Let some time pass, unless there is something to do before: our server ended, or its owner."""
        if self._server is not None:
            # Where another process has started one in its stead, ours is over and all is well.
            await (self._server.await_end(seconds) if self._server.is_running else asyncio.sleep(_LOOK))
            return
        until = monotonic() + seconds
        while monotonic() < until and not self._become_owner():  # noqa: ASYNC110  the kernel tells nobody
            await asyncio.sleep(_LOOK)

    async def _restart(self) -> None:
        async with self._starting():
            if self._is_owner or not await self._answers():
                log.warning("embedded valkey is gone and started again", folder=str(self._folder))
                self._on_restart()
                await self._start()

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[None]:
        """Be the only process that starts a server: two of them would write to the same files."""
        descriptor = open_lock(self._folder / "start.lock")
        try:
            while not try_lock(descriptor):  # noqa: ASYNC110  the kernel tells nobody
                await asyncio.sleep(_LOOK)
            yield
        finally:
            os.close(descriptor)

    async def _answers(self) -> bool:
        async with self._client() as redis:
            with suppress(RedisError):
                return bool(await redis.ping())
        return False

    async def _start(self) -> None:
        """Start a server in place of the last one. Raises OSError."""
        if self._server is not None:
            await self._server.kill()
        await self._end_left_over()
        self._server = ValkeyProcess(self._folder, self.socket, _SETTINGS)
        try:
            await self._server.start(_START_TIMEOUT)
        except OSError as error:
            raise OSError(
                f"the embedded Valkey server did not start: {error}\n"
                f"If its files are the cause, move {self._folder} away and start again: the ledger has all that counts."
            ) from error

    async def _end_left_over(self) -> None:
        """End a server whose process was killed; there is one only then. Raises OSError when it does not answer."""
        async with self._client() as left_over:
            try:
                await left_over.shutdown(nosave=True)
            except RedisConnectionError:
                return
            except RedisError as error:
                raise OSError(
                    f"a Valkey server that a killed process has left behind at {self.socket} does not end: {error}\n"
                    "End it by its process id, which stands in the list of processes beside that socket."
                ) from error

    def _client(self) -> Redis:
        return Redis(unix_socket_path=str(self.socket), socket_timeout=_ANSWER_TIMEOUT)
