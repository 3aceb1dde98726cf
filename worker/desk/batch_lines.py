"""One batch in a list: how it stands, what holds it up, and since when, in words that say what the time means."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, RouteName, batch_route
from jobs.model.roles import Action
from jobs.model.standstill import Cause, Standstill, select_standstills
from jobs.model.text import Text
from jobs.turn import Turn
from worker.desk.batch_status import DAMAGED, BatchStatus, Tone, batch_status
from worker.desk.formats import age
from worker.desk.permissions import require_person, routes_of
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION, DeskSession, SignedInPerson
from worker.desk.sitting import Sitting


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who looks, at which of their routes, what stands still, which seals are enrolled, and what was consented to."""

    person: SignedInPerson
    routes: Mapping[RouteName, Route]
    standing: Sequence[Standstill]
    freezes: Sequence[Freeze]
    enrolled: frozenset[str]
    session: DeskSession
    sitting: Sitting | None
    now: datetime

    @classmethod
    async def read(cls, request: web.Request) -> Self:
        """Look once, for a whole page. Raises NotSignedIn."""
        desk, session, person = request.app[DESK], request[SESSION], require_person(request)
        routes = {route.name: route for route in routes_of(person.code, desk.tools)}
        seals = {route.seal for route in routes.values()}
        enrolled = frozenset([label for label in seals if await desk.find_seal(label) is not None])
        sitting = None if session.id is None else await desk.sittings.find(session.id)
        # Of a freeze each route's card tells itself.
        standing = tuple(each for each in await desk.standstills() if each.cause is not Cause.FROZEN)
        freezes = await desk.tools.freezes.all()
        return cls(person, routes, standing, freezes, enrolled, session, sitting, desk.tools.now())

    def turn(self, history: History) -> Turn:
        """What the batch waits for, and whether this person can do it."""
        route = self.routes[history.gathered.route]
        freeze = select_freeze(self.freezes, route.name)
        return Turn.of(self.person.code, history, route, now=self.now, freeze=freeze)

    def has_granted(self, history: History) -> bool:
        """Say whether this person's consent to the batch as it stands is on its way."""
        in_sitting = self.sitting is not None and self.sitting.has_approved(history, self.now)
        return in_sitting or self.session.has_granted(history)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in a list; `history` is what is known of it, None where its records are damaged from the first on."""

    batch: BatchId
    history: History | None
    status: BatchStatus
    why: str
    """What holds it up, in one sentence; empty where nothing does."""
    when: str
    """Since when it stands there, and what happened then."""
    awaits_approval: bool
    """Whether this very person can approve it now."""
    needs_viewer: bool
    """Whether it goes no further by itself, nor by somebody else alone."""

    @classmethod
    def of(cls, history: History, seen: Circumstances) -> Self:
        """The line of a batch whose records are sound."""
        standing = select_standstills(seen.standing, history.batch, history.gathered.route)
        turn = seen.turn(history)
        status = batch_status(
            history,
            enrolled=history.gathered.seal in seen.enrolled,
            granted=seen.has_granted(history),
            held=bool(standing),
            unreleased=turn.action is Action.RELEASE,
        )
        why = standing[0].meaning if status.tone is Tone.HELD else ""
        asks = status.tone is Tone.ASKS
        return cls(
            batch=history.batch,
            history=history,
            status=status,
            why=why,
            when=describe_time(history, seen.now),
            awaits_approval=asks and turn.may_approve,
            needs_viewer=asks and turn.obstacle is None,
        )


async def read_lines(request: web.Request, batches: Iterable[BatchId], seen: Circumstances) -> tuple[BatchLine, ...]:
    """Look up each batch of the person's routes; those that were taken away are left out."""
    ledger, lines = request.app[DESK].tools.ledger, []
    for batch in batches:
        if batch_route(batch) not in seen.routes:
            continue
        with suppress(UnknownBatch):
            try:
                lines.append(BatchLine.of(await ledger.read(batch), seen))
            except BrokenLedger:
                damage = await ledger.find_damage(batch)
                known = damage.sound if damage else None
                when = describe_time(known, seen.now) if known else ""
                lines.append(BatchLine(batch, known, DAMAGED, "", when, awaits_approval=False, needs_viewer=True))
    return tuple(lines)


def describe_time(history: History, now: datetime) -> Text:  # noqa: C901, PLR0911  one sentence for each state
    """What happened when the batch came to stand where it stands, and how long ago."""
    ago = age(history.since, now)
    match history.state:
        case State.GATHERED:
            return Text("made {ago}", ago=ago)
        case State.SPLIT:
            return Text("divided {ago}", ago=ago)
        case State.RELEASED:
            return Text("released {ago}", ago=ago)
        case State.PREPARED:
            return Text("ready {ago}", ago=ago)
        case State.SIGNING:
            return Text("approved {ago}", ago=ago)
        case State.SIGNED | State.FINALIZING:
            return Text("signed {ago}", ago=ago)
        case State.SEALED | State.ARCHIVING | State.ARCHIVED:
            return Text("sealed {ago}", ago=ago)
        case State.DELIVERED:
            return Text("delivered {ago}", ago=ago)
        case State.LAPSED if history.is_stopped:
            return Text("stopped {ago}", ago=ago)
        case State.LAPSED:
            return Text("begun anew {ago}", ago=ago)
        case State.ABANDONED:
            return Text("ended {ago}", ago=ago)
