"""The practice vendor as a process of its own, as an integrator runs it."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.waiting import PATIENCE


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """Run the practice vendor as a program, and end it when nobody did."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def read_announcement(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    return dict(json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE)))


async def stop(process: Process, number: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(number)
    return await asyncio.wait_for(process.wait(), PATIENCE)
