"""Waiting for what has no event of ours: a file system, a counter."""

import asyncio
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which a test gives up on something that takes a moment: no machine that is only slow may fail it."""


async def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that another process or task does, `patience` seconds at most."""
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110  nothing of ours tells what it looks at
            await asyncio.sleep(0.001)
