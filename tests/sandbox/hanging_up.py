"""Hanging up on the practice vendor."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sandbox.weather.operations import Operation
from tests.sandbox.integration import Integration
from tests.support.waiting import until


async def leave_unanswered(integration: Integration, operation: Operation, call: Coroutine[Any, Any, Any]) -> None:
    """Make the call, wait until the vendor has begun with it, see that it does not answer, and hang up."""
    calls = integration.sandbox.vendor.counters.calls
    before, task = calls[operation], asyncio.create_task(call)
    await until(lambda: calls[operation] > before)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.1)
