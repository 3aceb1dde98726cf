"""What the routes' times want people told of batches that wait for them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from jobs.events import prompt_event
from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.events import Event
from jobs.model.names import RouteName, batch_route
from jobs.ports import Freezes, Ledger
from jobs.prompts import due_prompts

EVERY = timedelta(seconds=30)
"""How often it is looked at: each time every batch under way is read."""


class AskedPeople:
    """Finds everything that people had to be told up to now; in between it tells what it found last."""

    def __init__(
        self,
        ledger: Ledger,
        routes: Mapping[RouteName, Route],
        freezes: Freezes,
        now: Callable[[], datetime],
        every: timedelta = EVERY,
    ) -> None:
        self._ledger = ledger
        self._routes = routes
        self._freezes = freezes
        self._now = now
        self._every = every
        self._found: Sequence[Event] = ()
        self._looked_at: datetime | None = None

    async def find(self) -> Sequence[Event]:
        """All of it, whoever was told before. Raises OSError."""
        now = self._now()
        # A clock that was set back must not put it off.
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < self._every:
            self._found, self._looked_at = await self._look(now), now
        return self._found

    async def _look(self, now: datetime) -> Sequence[Event]:
        found: list[Event] = []
        for batch in await self._ledger.open_batches():
            route = self._routes.get(batch_route(batch))
            if route is None:
                continue
            with suppress(UnknownBatch, BrokenLedger):
                history = await self._ledger.read(batch)
                freeze = await self._freezes.find(route.name)
                found += [prompt_event(prompt, history) for prompt in due_prompts(history, route, now, freeze)]
        return found
