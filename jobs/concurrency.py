import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def wait_for_all(steps: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Take all steps at once and wait for every one of them; then raise the first failure, if there was any.

    Nothing goes on behind the story's back: when it fails, no step of it is still under way.
    """
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()
    return [task.result() for task in tasks]
