"""Noticing that something has changed, for all open pages of this process together: one look, however many look on."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from jobs.model.names import BatchId, RouteName, batch_route, is_batch_id
from worker.desk.ports import DeskContext

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds from one look to the next."""
_SHARE = 20
"""A look that takes long is followed by a pause of so many times that long: looking takes a twentieth at most."""

ReadStandings = Callable[[], Awaitable[Mapping[RouteName, object]]]
"""Tells for each route how it stands, as anything that is equal where nothing changed."""


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page: whose session it is of, the routes it shows, and what it waits for."""

    session: str
    routes: frozenset[RouteName]
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to be told: a change, or the end."""
    is_ended: bool = False

    def tell(self) -> None:
        """Say that something changed."""
        self.news.set()

    def end(self) -> None:
        """Say that nothing more will be told."""
        self.is_ended = True
        self.news.set()


class Watcher:
    """Looks while somebody looks on, and tells each viewer of changes in their routes.

    A session has at most `most` viewers, the newest, and all of them together `in_all`.
    """

    def __init__(self, look: ReadStandings, *, most: int = 4, in_all: int = 200, pause: float = PAUSE) -> None:
        self._look = look
        self._most = most
        self._in_all = in_all
        self._pause = pause
        self._viewers: list[Viewer] = []
        self._looking: asyncio.Task[None] | None = None
        self._has_looked = asyncio.Event()

    @asynccontextmanager
    async def viewing(self, session: str, routes: Iterable[RouteName]) -> AsyncIterator[Viewer | None]:
        """Look on for the time of the block; None where too many do already."""
        own = [viewer for viewer in self._viewers if viewer.session == session]
        if len(own) >= self._most:
            # A page that was left may not be known to be gone yet; the newest one is what the person looks at.
            own[0].end()
            self._viewers.remove(own[0])
        if len(self._viewers) >= self._in_all:
            yield None
            return
        viewer = Viewer(session, frozenset(routes))
        self._viewers.append(viewer)
        if self._looking is None:
            self._has_looked = asyncio.Event()
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            # Whatever changes from now on is told.
            await self._has_looked.wait()
            yield viewer
        finally:
            with suppress(ValueError):
                self._viewers.remove(viewer)
            if not self._viewers:
                await self._stop_looking()

    async def close(self) -> None:
        """End all viewers: the process stops."""
        for viewer in self._viewers:
            viewer.end()
        self._viewers.clear()
        self._has_looked.set()
        await self._stop_looking()

    async def _stop_looking(self) -> None:
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _keep_looking(self) -> None:
        known: Mapping[RouteName, object] = {}
        while True:
            begun = time.monotonic()
            try:
                found = await self._look()
            except Exception as error:  # noqa: BLE001  pages tell of it when they are asked for
                log.debug("look failed", error=str(error))
            else:
                if self._has_looked.is_set():
                    self._tell({route for route in {*known, *found} if known.get(route) != found.get(route)})
                known = found
            self._has_looked.set()
            await asyncio.sleep(max(self._pause, _SHARE * (time.monotonic() - begun)))

    def _tell(self, changed: set[RouteName]) -> None:
        for viewer in self._viewers:
            if changed & viewer.routes:
                viewer.tell()


async def look_at_routes(desk: DeskContext) -> Mapping[RouteName, object]:
    """How each route stands: its batches by their numbers of records, what waits, and what stands still."""
    ledger, shelf, routes = desk.tools.ledger, desk.tools.shelf, desk.tools.routes
    counts = await ledger.record_counts(await ledger.open_batches())
    standing = [(_route_of(each.subject), each) for each in await desk.standstills()]
    return {
        route: (
            await ledger.latest(route),
            tuple((batch, count) for batch, count in counts.items() if batch_route(batch) == route),
            len(await shelf.waiting_list(route)),
            # What belongs to no route concerns everybody.
            tuple(each for each in standing if each[0] not in {*routes} - {route}),
        )
        for route in routes
    }


def _route_of(subject: str) -> str:
    return batch_route(BatchId(subject)) if is_batch_id(subject) else subject
