import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

_AT_ONCE = 100
"""Steps under way at a time: more than any stage behind them takes. The others are not begun, so that a batch of
thousands holds no more in memory at once than one of a hundred."""


async def wait_for_all(steps: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Take all steps, the first hundred at once, and wait for every one; then raise the first failure, if any.

    Nothing goes on behind the story's back: when it fails, no step of it is still under way.
    """
    numbered = enumerate(steps)
    results: dict[int, T] = {}
    failures: dict[int, BaseException] = {}

    async def walk(followers: int) -> None:
        for number, step in numbered:
            if followers:
                group.create_task(walk(followers - 1))
                followers = 0
            try:
                results[number] = await step
            except asyncio.CancelledError as error:
                # Not ours, but of something that the step waited for.
                if _is_cancelled():
                    raise
                failures[number] = error
            except Exception as error:  # noqa: BLE001  the first of them is raised below
                failures[number] = error

    async with asyncio.TaskGroup() as group:
        group.create_task(walk(_AT_ONCE - 1))
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in sorted(results)]


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())
