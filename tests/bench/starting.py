"""What zimogs costs before and beside its work: its start, its idling, and commands that only look."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import aiohttp

from tests.bench.ours import PROGRAM, Startable
from tests.bench.readings import cpu_seconds, until_quiet

_PAUSE = 0.02


async def measure_idle(pid: int, seconds: float) -> float:
    """Milliseconds of processor time a second of a process that has nothing to do."""
    await until_quiet(pid)
    cpu, wall = cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    return 1000 * (cpu_seconds(pid) - cpu) / (time.perf_counter() - wall)


async def measure_start(installed: Startable, observed: str, patience: float) -> tuple[float | None, float]:
    """Seconds until `/readyz` says yes (None: not within patience), and seconds of processor time until then."""
    began = time.perf_counter()
    with installed.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "--config", str(installed.config)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=log,
            env=os.environ | installed.environment,
        )
    try:
        is_ready = await _is_ready(f"{observed}/readyz", began + patience)
        return (time.perf_counter() - began if is_ready else None), cpu_seconds(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(url: str, end: float) -> bool:
    async with aiohttp.ClientSession() as http:
        while time.perf_counter() < end:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url, timeout=aiohttp.ClientTimeout(total=1)) as reply:
                    if reply.status == HTTPStatus.OK:
                        return True
            await asyncio.sleep(_PAUSE)
    return False


@asynccontextmanager
async def silent_vendor() -> AsyncIterator[str]:
    """An address that takes every connection and never answers, for the time of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1000)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def measure_command(arguments: Sequence[str]) -> float:
    """Seconds of processor time that a command and what it starts take together. Raises CalledProcessError."""
    with subprocess.Popen((PROGRAM[0], *arguments), stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return usage.ru_utime + usage.ru_stime
