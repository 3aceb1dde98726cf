"""Waiting for the disk without holding up the event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_thread(blocking: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Make a function that waits for the disk one that is awaited, each call in a thread. It raises what that raised.

    A method may be decorated where all of it is disk work; what only sometimes waits for the disk stays a coroutine.
    """

    @wraps(blocking)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(blocking, *args, **kwargs)

    return call
