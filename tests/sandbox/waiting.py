"""Waiting for the practice vendor, for as long as it takes and no longer, and hanging up on it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sandbox.weather.operations import Operation
from tests.sandbox.integration import Integration


async def until(holds: Callable[[], bool]) -> None:
    """Give way to the sandbox until it holds, at most half a minute."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - neither a folder nor a counter has an event to wait for
            await asyncio.sleep(0)


async def left_unanswered(integration: Integration, operation: Operation, call: Coroutine[Any, Any, Any]) -> None:
    """Make the call, wait until the vendor has begun with it, see that it does not answer, and hang up."""
    calls = integration.sandbox.vendor.counters.calls
    before, task = calls[operation], asyncio.create_task(call)
    await until(lambda: calls[operation] > before)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.1)
