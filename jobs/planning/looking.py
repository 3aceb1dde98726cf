"""Looking a route up: what waits, how fast it went lately, and when its people were last asked."""

from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Protocol

from jobs.model.damage import Damage
from jobs.model.documents import Document, Route
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId, RouteName, batch_id, batch_route
from jobs.planning.pace import Asked, Pace, last_touch
from jobs.planning.view import RouteNow, Waiting, Window
from jobs.ports import Age, Ledger, Now, Shelf, VendorLimits

_LATELY = 4
"""Batches of a route, the newest, that tell how fast it goes: each is read whole at most once in a process."""


class WaitingTools(Protocol):
    """What is needed to tell what waits."""

    @property
    def ledger(self) -> Ledger:
        """The batches."""
        ...

    @property
    def shelf(self) -> Shelf:
        """The waiting lists."""
        ...


class PlanningTools(WaitingTools, Protocol):
    """What is needed to tell what becomes of it."""

    @property
    def routes(self) -> Mapping[RouteName, Route]:
        """All routes: their people may be the same."""
        ...

    @property
    def now(self) -> Now:
        """The time."""
        ...

    @property
    def age(self) -> Age:
        """How long ago a time was."""
        ...

    @property
    def limits(self) -> VendorLimits:
        """What the vendor is known to take at once."""
        ...

    @property
    def past(self) -> MutableMapping[BatchId, Glance]:
        """What is remembered of batches that are over: nothing happens to them any more, so each is read once."""
        ...


async def find_gatherable(route: Route, tools: WaitingTools) -> tuple[Document, ...]:
    """What waits and may become a batch: a document that a damaged batch may hold waits until that is repaired."""
    waiting = await tools.shelf.waiting_list(route.name)
    if not waiting:
        return ()
    damages: list[Damage] = []
    # What a batch that is closed held has long left the waiting list.
    for batch in await tools.ledger.open_batches():
        if batch_route(batch) != route.name:
            continue
        try:
            await tools.ledger.glance(batch)
        except UnknownBatch:
            continue
        except BrokenLedger:
            damage = await tools.ledger.find_damage(batch)
            damages += [damage] if damage else []
    return tuple(document for document in waiting if not any(damage.may_hold(document) for damage in damages))


async def look(route: Route, waiting: tuple[Document, ...], tools: PlanningTools) -> RouteNow:
    """The route at this moment, with these documents waiting. Raises what the ledger raises; never of damage."""
    pace, asked = await _measure(route, tools) if waiting else (Pace(), Asked())
    now = tools.now()
    known = await tools.limits.known()
    most = known.most_documents(route.limits.max_documents)
    return RouteNow(
        now=now,
        limits=route.limits,
        waiting=Waiting.of(waiting, tools.age),
        window=Window.of(route.asking, now),
        pace=pace,
        asked=asked,
        since_asked=None if asked.at is None else tools.age(asked.at),
        zone=route.asking.calendar.zone,
        learned=most if most < route.limits.max_documents else None,
        token_life=known.token_life,
    )


async def _measure(route: Route, tools: PlanningTools) -> tuple[Pace, Asked]:
    """How fast the route goes, and when its people were last asked, in other routes too."""
    newest = await look_back(route.name, tools)
    others = [
        glance
        for other in tools.routes.values()
        if other.name != route.name and other.approvers & route.approvers
        for glance in await look_back(other.name, tools)
    ]
    return Pace.of(newest), Asked(last_touch((*newest, *others)), await _find_asking(route.name, tools))


async def _find_asking(route: RouteName, tools: PlanningTools) -> BatchId | None:
    """The oldest batch of the route that waits for a person, or will once it is prepared."""
    for batch in await tools.ledger.open_batches():
        if batch_route(batch) == route:
            with suppress(UnknownBatch, BrokenLedger):
                glance = await tools.ledger.glance(batch)
                if glance.state in TO_PREPARE | {State.PREPARED} and not glance.is_stopped:
                    return batch
    return None


async def look_back(route: RouteName, tools: PlanningTools) -> tuple[Glance, ...]:
    """The newest batches of the route, open ones among them, newest first; without those that are damaged."""
    latest, found = await tools.ledger.latest(route), []
    newest = [batch_id(route, number) for number in range(latest, max(0, latest - _LATELY), -1)]
    for batch in newest:
        with suppress(UnknownBatch, BrokenLedger):
            glance = tools.past.get(batch) or await tools.ledger.glance(batch)
            found.append(glance)
            if glance.is_over:
                tools.past[batch] = glance
    for forgotten in [one for one in tools.past if batch_route(one) == route and one not in newest]:
        tools.past.pop(forgotten, None)
    return tuple(found)


async def look_at_open_batches(tools: WaitingTools) -> tuple[Glance, ...]:
    """Every open batch that can be looked at, oldest first."""
    found: list[Glance] = []
    for batch in await tools.ledger.open_batches():
        with suppress(UnknownBatch, BrokenLedger, OSError):
            found.append(await tools.ledger.glance(batch))
    return tuple(found)
