import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from worker.queue.room import SMALL, Room

LARGE = 10 * SMALL


@asynccontextmanager
async def going(room: Room, documents: int) -> AsyncIterator[asyncio.Task[None]]:
    """A batch that takes its room as soon as it gets it, and lets go of it at once."""

    async def go() -> None:
        async with room.taken(documents):
            pass

    task = asyncio.create_task(go())
    # Whatever can begin has begun by then.
    for _ in range(5):
        await asyncio.sleep(0)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_large_batch_waits_until_its_documents_fit_in() -> None:
    room = Room(most=2 * LARGE)
    async with AsyncExitStack() as others:
        for _ in range(2):
            await others.enter_async_context(room.taken(LARGE))
        async with going(room, LARGE) as third:
            assert not third.done()
            await others.aclose()
            await third


async def test_a_small_batch_never_waits() -> None:
    room = Room(most=LARGE)
    async with room.taken(LARGE), going(room, SMALL) as small:
        assert small.done()


async def test_a_batch_larger_than_all_room_goes_alone() -> None:
    room = Room(most=LARGE)
    async with room.taken(5 * LARGE), going(room, LARGE) as other:
        assert not other.done()


async def test_the_largest_is_not_passed_by_those_that_come_after_it_and_would_fit() -> None:
    room = Room(most=3 * LARGE)
    async with AsyncExitStack() as others:
        await others.enter_async_context(room.taken(LARGE))
        async with going(room, 3 * LARGE) as largest, going(room, LARGE) as later:
            assert not largest.done()
            assert not later.done()
            await others.aclose()
            await largest
            await later


async def test_one_that_is_cancelled_while_it_waits_takes_no_room() -> None:
    room = Room(most=LARGE)
    async with AsyncExitStack() as others:
        await others.enter_async_context(room.taken(LARGE))
        async with going(room, LARGE) as given_up:
            given_up.cancel()
        await others.aclose()
        async with going(room, LARGE) as next_one:
            assert next_one.done()


async def test_one_that_fails_leaves_its_room_to_others() -> None:
    room = Room(most=LARGE)
    with pytest.raises(LookupError):
        async with room.taken(LARGE):
            raise LookupError
    async with going(room, LARGE) as next_one:
        assert next_one.done()
