"""The first page: the door for a stranger; for who is signed in, what needs them, what moves, and their routes.

It is as long with ten batches as with ten thousand: of each kind it shows some, and says how many more there are.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Self

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.names import BatchId, RouteName, batch_id
from jobs.model.roles import Action, actions_of
from jobs.model.seals import RENEW_WITHIN, Seal
from jobs.model.standstill import Standstill, select_standstills
from jobs.model.text import Text
from jobs.planning.report import report_route
from jobs.planning.standing import Situation
from worker.desk.batch_lines import BatchLine, Circumstances, read_lines
from worker.desk.errors import not_an_approver
from worker.desk.permissions import require_route
from worker.desk.ports import DESK, DeskContext
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION
from worker.eparaksts.certificates import certificate_end
from worker.storage.untaken import Untaken

MOST_SHOWN = 10
"""Batches of each kind on the page."""
RECENT = 5
"""Batches that are over, of all routes."""
LOOK_AGAIN, READ_FIRST = 10, 20
"""Seconds until a page without scripts shows moving batches anew, and while there is a sentence to read."""
BATCH_IS_MADE = Text("A batch is made of what waits. It shows here in a moment.")


@dataclass(frozen=True, slots=True)
class BatchList:
    """The first batches of a kind, and how many there are of it in all."""

    lines: tuple[BatchLine, ...]
    count: int

    @classmethod
    def of(cls, lines: Iterable[BatchLine], order: Callable[[BatchLine], datetime]) -> Self:
        """The ones that come first in that order."""
        ordered = sorted(lines, key=order)
        return cls(tuple(ordered[:MOST_SHOWN]), len(ordered))

    @property
    def not_shown(self) -> int:
        """How many are not shown."""
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True)
class Batches:
    """What a person sees of the batches of all their routes: what needs them and what does not, oldest first."""

    asking: BatchList
    awaiting: int
    """How many of those an approval moves on."""
    others: BatchList
    """What goes on by itself, or by somebody else."""
    is_moving: bool
    recent: tuple[BatchLine, ...]

    @classmethod
    async def read(cls, request: web.Request, seen: Circumstances) -> Self:
        """Look everything that is open up, and the newest of the rest."""
        ledger = request.app[DESK].tools.ledger
        open_batches = await ledger.open_batches()
        closed = [_newest_but(set(open_batches), name, await ledger.latest(name)) for name in seen.routes]
        rest = await read_lines(request, chain.from_iterable(closed), seen)
        lines = (*await read_lines(request, open_batches, seen), *rest)

        def birth(line: BatchLine) -> datetime:
            # What is damaged from the first record on goes before everything.
            return line.history.gathered.at if line.history else datetime.min.replace(tzinfo=seen.now.tzinfo)

        over = [line for line in lines if not line.needs_viewer and line.history and line.history.is_over]
        over.sort(key=lambda line: line.history.since if line.history else seen.now, reverse=True)
        asking = [line for line in lines if line.needs_viewer]
        others = [line for line in lines if not line.needs_viewer and line.history and not line.history.is_over]
        return cls(
            asking=BatchList.of(asking, birth),
            awaiting=sum(line.awaits_approval for line in asking),
            others=BatchList.of(others, birth),
            is_moving=any(line.status.is_moving for line in others),
            recent=tuple(over[:RECENT]),
        )


def _newest_but(open_batches: Collection[BatchId], route: RouteName, latest: int) -> Sequence[BatchId]:
    """The newest batches of the route that are not open, however many were made after them."""
    newest = (batch_id(route, number) for number in range(latest, 0, -1))
    return tuple(islice((batch for batch in newest if batch not in open_batches), RECENT))


@dataclass(frozen=True, slots=True)
class RouteCard:
    """One route; `seal` and the end of its certificate are None until it is enrolled."""

    route: Route
    seal: Seal | None
    expires_at: datetime | None
    ends_soon: bool
    waiting: int
    untaken: tuple[Untaken, ...]
    standing: tuple[Standstill, ...]
    actions: frozenset[Action]
    """What the person may do here."""
    why: Text
    """Why what waits goes on waiting."""
    freeze: Freeze | None

    @classmethod
    async def read(cls, route: Route, desk: DeskContext, untaken: Sequence[Untaken], seen: Circumstances) -> Self:
        """Look everything up once; of what is left and what stands still, the route's own."""
        seal = await desk.find_seal(route.seal)
        return cls(
            route=route,
            seal=seal,
            expires_at=None if seal is None else certificate_end(seal.certificate),
            ends_soon=seal is not None and seal.ends_within(RENEW_WITHIN, desk.tools.now()),
            waiting=len(await desk.tools.shelf.waiting_list(route.name)),
            untaken=tuple(each for each in untaken if each.route == route.name),
            standing=tuple(each for each in seen.standing if each.subject == route.name),
            actions=actions_of(seen.person.code, route),
            why=(await report_route(route, desk.tools, Situation(seen.now))).why,
            freeze=select_freeze(seen.freezes, route.name),
        )

    @property
    def is_moving(self) -> bool:
        """Whether looking again soon will show something new."""
        return bool(self.waiting) and not self.route.asking.at


async def overview(request: web.Request) -> web.Response:
    """Show what needs the person, what moves, and their routes; while something moves, it looks again by itself."""
    session, desk = request[SESSION], request.app[DESK]
    if session.person is None:
        return render_page(request, "welcome.html")
    seen = await Circumstances.read(request)
    if not seen.routes:
        raise not_an_approver(session.person.name, session.person.code)
    untaken = await asyncio.to_thread(desk.untaken)
    cards = [await RouteCard.read(route, desk, untaken, seen) for route in seen.routes.values()]
    batches = await Batches.read(request, seen)
    is_moving = batches.is_moving or any(card.is_moving for card in cards)
    pause = READ_FIRST if session.has_flash else LOOK_AGAIN
    return render_page(
        request,
        "overview.html",
        batches=batches,
        cards=cards,
        sitting=None if seen.sitting is None or seen.sitting.is_over else seen.sitting,
        # What belongs to no route is everybody's to see, or nobody would.
        unrouted=[each for each in untaken if each.route is None],
        standing=select_standstills(seen.standing),
        now=seen.now,
        refresh=pause if is_moving else None,
    )


async def gather(request: web.Request) -> web.Response:
    """Have a batch cut of whatever waits in the route."""
    route = require_route(request, RouteName(request.match_info["route"]), Action.GATHER)
    await request.app[DESK].gathering.gather_now(route.name)
    request[SESSION].flash(BATCH_IS_MADE)
    return redirect("/")
