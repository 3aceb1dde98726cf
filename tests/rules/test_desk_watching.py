"""One look for all open pages: who is told, who is not, and how many may look on."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from jobs.model.names import RouteName
from tests.support.builders import INVOICES
from worker.desk.watching import Viewer, Watcher

LETTERS = RouteName("letters")


class Scene:
    """What is looked at; `looked` counts, and `turn` lets one more look be over."""

    def __init__(self) -> None:
        self.routes: dict[RouteName, object] = {INVOICES: 1, LETTERS: 1}
        self.looked = 0
        self.is_broken = False
        # The first look is taken before anybody looks on.
        self._turns = asyncio.Semaphore(1)
        self._is_over = asyncio.Event()

    async def look(self) -> Mapping[RouteName, object]:
        await self._turns.acquire()
        self.looked += 1
        self._is_over.set()
        if self.is_broken:
            raise OSError("the disk is away")
        return dict(self.routes)

    async def turn(self) -> None:
        self._is_over.clear()
        self._turns.release()
        await self._is_over.wait()


def a_watcher(scene: Scene, most: int = 4, in_all: int = 200) -> Watcher:
    return Watcher(scene.look, most=most, in_all=in_all, pause=0)


async def view(stack: AsyncExitStack, watcher: Watcher, session: str, *routes: RouteName) -> Viewer:
    viewer = await stack.enter_async_context(watcher.viewing(session, routes))
    assert viewer is not None
    return viewer


async def test_everybody_is_told_of_their_own_routes_by_one_look() -> None:
    scene = Scene()
    watcher = a_watcher(scene)
    async with AsyncExitStack() as stack:
        anna, janis = await view(stack, watcher, "anna", INVOICES), await view(stack, watcher, "janis", LETTERS)
        assert (anna.news.is_set(), janis.news.is_set()) == (False, False)
        scene.routes[INVOICES] = 2
        await scene.turn()
        assert (anna.news.is_set(), janis.news.is_set()) == (True, False)
        assert scene.looked == 2


async def test_a_look_that_fails_ends_nothing_and_a_change_meanwhile_is_told() -> None:
    scene = Scene()
    async with AsyncExitStack() as stack:
        anna = await view(stack, a_watcher(scene), "anna", INVOICES)
        scene.is_broken = True
        await scene.turn()
        scene.is_broken, scene.routes[INVOICES] = False, 2
        assert not anna.news.is_set()
        await scene.turn()
        assert anna.news.is_set()


async def test_nobody_looks_where_nobody_looks_on() -> None:
    scene = Scene()
    watcher = a_watcher(scene)
    async with AsyncExitStack() as stack:
        await view(stack, watcher, "anna", INVOICES)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_of_a_session_the_newest_pages_look_on_and_of_all_sessions_only_so_many() -> None:
    watcher = a_watcher(Scene(), most=2, in_all=3)
    async with AsyncExitStack() as stack:
        pages = [await view(stack, watcher, "anna", INVOICES) for _ in range(4)]
        assert [page.is_ended for page in pages] == [True, True, False, False]
        await view(stack, watcher, "janis", INVOICES)
        assert await stack.enter_async_context(watcher.viewing("karlis", [INVOICES])) is None


async def test_closing_ends_everybody() -> None:
    watcher = a_watcher(Scene())
    async with AsyncExitStack() as stack:
        anna = await view(stack, watcher, "anna", INVOICES)
        await watcher.close()
        assert (anna.is_ended, anna.news.is_set()) == (True, True)
