import asyncio
from collections.abc import Iterator

import pytest

from jobs.concurrency import wait_for_all


async def test_results_stand_in_the_order_of_the_steps() -> None:
    async def step(number: int) -> int:
        for _ in range(number % 7):
            await asyncio.sleep(0)
        return number

    assert await wait_for_all(step(number) for number in range(250)) == list(range(250))
    assert await wait_for_all([]) == []


async def test_of_many_steps_a_hundred_are_there_at_once() -> None:
    alive: set[int] = set()
    most = 0

    async def step(number: int) -> None:
        for _ in range(150):
            await asyncio.sleep(0)
        alive.remove(number)

    def steps() -> Iterator[object]:
        nonlocal most
        for number in range(300):
            alive.add(number)
            most = max(most, len(alive))
            yield step(number)

    await wait_for_all(steps())  # type: ignore[arg-type]
    assert most == 100
    assert not alive


async def test_the_first_failure_is_told_when_all_have_ended() -> None:
    ended: list[int] = []

    async def step(number: int) -> None:
        await asyncio.sleep(0.001 * (5 - number))
        ended.append(number)
        if number in {1, 3}:
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        await wait_for_all(step(number) for number in range(5))
    assert sorted(ended) == list(range(5))


async def test_what_a_step_waited_for_and_was_cancelled_is_no_success() -> None:
    async def step(number: int) -> int:
        if number == 1:
            raise asyncio.CancelledError
        return number

    with pytest.raises(asyncio.CancelledError):
        await wait_for_all(step(number) for number in range(3))


async def test_who_is_cancelled_leaves_no_step_behind() -> None:
    running = asyncio.Event()
    begun: set[int] = set()
    ended: set[int] = set()

    async def step(number: int) -> None:
        begun.add(number)
        running.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.add(number)

    waiting = asyncio.create_task(wait_for_all(step(number) for number in range(3)))
    await running.wait()
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert begun
    assert ended == begun
