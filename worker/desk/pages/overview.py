"""The first page: the door for a stranger; for who is signed in, each of their routes with its newest batches."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route
from jobs.model.roles import Action, actions_of
from jobs.model.seals import RENEW_WITHIN, Seal
from jobs.model.standstill import Cause, Standstill, select_standstills
from jobs.model.text import Text
from jobs.notices import next_action
from worker.desk.batch_status import DAMAGED, BatchStatus, Tone, batch_status
from worker.desk.errors import not_an_approver
from worker.desk.permissions import require_route, routes_of
from worker.desk.ports import DESK, DeskContext
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION, DeskSession
from worker.eparaksts.certificates import certificate_end
from worker.storage.untaken import Untaken

NEWEST = 12
"""How many batches of a route are looked up; older ones are listed while something may still happen to them."""
LOOK_AGAIN, READ_FIRST = 4, 12
"""Seconds until the page shows moving batches anew, and while there is a sentence to read."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What concerns all routes: what is left in the inbox, what stands still, and what somebody froze."""

    untaken: Sequence[Untaken]
    standing: Sequence[Standstill]
    freezes: Sequence[Freeze]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in the list; `history` is what is known of it, None where its records are damaged from the first on."""

    batch: BatchId
    history: History | None
    status: BatchStatus
    why: str

    @classmethod
    def of(cls, history: History, route: Route, session: DeskSession, seen: Circumstances, *, enrolled: bool) -> Self:
        """The line; `why` says in one sentence what holds the batch up, and is empty where nothing does."""
        standing = select_standstills(seen.standing, history.batch, history.gathered.route)
        granted = session.has_granted(history)
        unreleased = next_action(history, route) is Action.RELEASE
        status = batch_status(history, enrolled=enrolled, granted=granted, held=bool(standing), unreleased=unreleased)
        return cls(history.batch, history, status, standing[0].meaning if status.tone is Tone.HELD else "")

    @classmethod
    async def read(
        cls,
        batch: BatchId,
        route: Route,
        desk: DeskContext,
        session: DeskSession,
        seen: Circumstances,
        *,
        enrolled: bool,
    ) -> Self:
        """Look one batch up. Raises UnknownBatch."""
        try:
            return cls.of(await desk.tools.ledger.read(batch), route, session, seen, enrolled=enrolled)
        except BrokenLedger:
            damage = await desk.tools.ledger.find_damage(batch)
            return cls(batch, damage.sound if damage else None, DAMAGED, "")

    @property
    def needs_somebody(self) -> bool:
        """Whether it goes no further by itself."""
        return self.status.tone is Tone.ASKS or self.status is DAMAGED


@dataclass(frozen=True, slots=True)
class RouteCard:
    """One route; `seal` and the end of its certificate are None until it is enrolled."""

    route: Route
    seal: Seal | None
    expires_at: datetime | None
    ends_soon: bool
    waiting: int
    batches: tuple[BatchLine, ...]
    untaken: tuple[Untaken, ...]
    standing: tuple[Standstill, ...]
    actions: frozenset[Action]
    """What the person may do here."""
    collected_until: datetime | None
    freeze: Freeze | None

    @classmethod
    async def read(cls, route: Route, desk: DeskContext, session: DeskSession, seen: Circumstances) -> Self:
        """Look everything up once; of the circumstances, the route's own."""
        seal = await desk.find_seal(route.seal)
        lines: list[BatchLine] = []
        latest = await desk.tools.ledger.latest(route.name)
        newest = {batch_id(route.name, number) for number in range(max(1, latest - NEWEST + 1), latest + 1)}
        open_batches = {one for one in await desk.tools.ledger.open_batches() if batch_route(one) == route.name}
        for batch in newest | open_batches:
            # Archived: numbers go on, old folders may have been taken away.
            with suppress(UnknownBatch):
                lines.append(await BatchLine.read(batch, route, desk, session, seen, enrolled=seal is not None))
        # First what asks for a person, then the newest.
        lines.sort(key=lambda line: (not line.needs_somebody, -batch_number(line.batch)))
        return cls(
            route=route,
            seal=seal,
            expires_at=None if seal is None else certificate_end(seal.certificate),
            ends_soon=seal is not None and seal.ends_within(RENEW_WITHIN, desk.tools.now()),
            waiting=len(await desk.tools.shelf.waiting_list(route.name)),
            batches=tuple(lines),
            untaken=tuple(each for each in seen.untaken if each.route == route.name),
            standing=tuple(each for each in seen.standing if each.subject == route.name),
            actions=actions_of(session.person.code, route) if session.person else frozenset(),
            collected_until=route.asking.next_time(desk.tools.now()),
            freeze=select_freeze(seen.freezes, route.name),
        )

    @property
    def is_moving(self) -> bool:
        """Whether looking again soon will show something new."""
        is_collected = self.collected_until is not None
        return bool(self.waiting and not is_collected) or any(line.status.is_moving for line in self.batches)


async def overview(request: web.Request) -> web.Response:
    """Show the person's routes; while something moves, the page looks again by itself."""
    session, desk = request[SESSION], request.app[DESK]
    if session.person is None:
        return render_page(request, "welcome.html")
    routes = routes_of(session.person.code, desk.tools)
    if not routes:
        raise not_an_approver(session.person.name, session.person.code)
    # Of a freeze each card tells itself.
    standing = tuple(each for each in await desk.standstills() if each.cause is not Cause.FROZEN)
    seen = Circumstances(await asyncio.to_thread(desk.untaken), standing, await desk.tools.freezes.all())
    cards = [await RouteCard.read(route, desk, session, seen) for route in routes]
    pause = READ_FIRST if session.has_flash else LOOK_AGAIN
    refresh = pause if any(card.is_moving for card in cards) else None
    # What belongs to no route is everybody's to see, or nobody would.
    unrouted = [each for each in seen.untaken if each.route is None]
    standing, now = select_standstills(seen.standing), desk.tools.now()
    values = {"cards": cards, "unrouted": unrouted, "standing": standing, "now": now}
    return render_page(request, "overview.html", **values, refresh=refresh)


async def gather(request: web.Request) -> web.Response:
    """Have a batch cut of whatever waits in the route."""
    route = require_route(request, RouteName(request.match_info["route"]), Action.GATHER)
    await request.app[DESK].gathering.gather_now(route.name)
    request[SESSION].flash(Text("A batch is made of what waits. It shows here in a moment."))
    return redirect("/")
