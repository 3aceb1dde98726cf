"""How a sitting goes from one batch to the next: what is passed over, what has to be renewed, and who is asked."""

from dataclasses import dataclass

from aiohttp import web

from jobs.approve import find_obstacle
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId, batch_route
from jobs.model.roles import Action
from worker.desk.asking import renew_digests
from worker.desk.errors import Refused
from worker.desk.permissions import require_person, require_route
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION
from worker.desk.sitting import BatchStep, Planned, Sitting, Skip, Step, appearance

_AHEAD = 2
"""Batches after the next one whose digests are renewed meanwhile, if they are too old; more would be old again."""


class _Obstacle(Exception):
    """The batch is passed over."""

    def __init__(self, why: Skip, detail: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class NextBatch:
    """What a person is asked about next: `ready`, or else what everything waits for, or neither at the end."""

    ready: History | None
    awaited: History | None


async def find_sitting(request: web.Request) -> Sitting | None:
    """The sitting of this session, if it has one and it is this person's. Raises NotSignedIn."""
    person, session = require_person(request), request[SESSION].id
    sitting = None if session is None else await request.app[DESK].sittings.find(session)
    return sitting if sitting is not None and sitting.plan.person == person.code else None


async def has_granted(request: web.Request, history: History) -> bool:
    """Say whether the person's consent to the batch as it stands is on its way, given in a sitting or alone."""
    if request[SESSION].has_granted(history):
        return True
    sitting = await find_sitting(request)
    return sitting is not None and sitting.has_approved(history, request.app[DESK].tools.now())


async def note(
    request: web.Request, batch: BatchId, step: Step, *, summary: str = "", why: Skip | None = None, detail: str = ""
) -> None:
    """Note in the session's sitting how far it is with a batch; what was consented to stays so.

    Two pages of one person may have asked about one batch: that the second one was cancelled undoes no consent.
    """
    session, desk = request[SESSION].id, request.app[DESK]
    sitting = None if session is None else await desk.sittings.find(session)
    known = None if sitting is None else sitting.progress.get(batch)
    if session is not None and (known is None or known.step is not Step.APPROVED):
        progress = BatchStep(step=step, at=desk.tools.now(), summary=summary, why=why, detail=detail)
        await desk.sittings.note(session, batch, progress)


async def find_next(request: web.Request, sitting: Sitting) -> NextBatch:
    """The first batch that a person can be asked about, passing over those nobody can be asked about any more.

    A batch whose digests are being renewed lets the others go before.
    """
    ready: History | None = None
    awaited: History | None = None
    looked_ahead = 0
    for planned in sitting.rest:
        if looked_ahead > _AHEAD:
            break
        looked_ahead += ready is not None
        try:
            history = await _examine(request, planned)
        except _Obstacle as obstacle:
            await note(request, planned.batch, Step.SKIPPED, why=obstacle.why, detail=obstacle.detail)
            continue
        is_renewed = await renew_digests(history, request.app[DESK])
        if is_renewed or history.state is not State.PREPARED:
            awaited = awaited or history
        else:
            ready = ready or history
    return NextBatch(ready, awaited)


async def _examine(request: web.Request, planned: Planned) -> History:
    """The batch, where a person can be asked about it now or soon. Raises _Obstacle."""
    try:
        route = require_route(request, batch_route(planned.batch), Action.APPROVE)
        history = await request.app[DESK].tools.ledger.read(planned.batch)
    except Refused:
        raise _Obstacle(Skip.NOT_ALLOWED) from None
    except UnknownBatch:
        raise _Obstacle(Skip.MOVED_ON) from None
    except BrokenLedger:
        raise _Obstacle(Skip.DAMAGED) from None
    if history.is_stopped:
        raise _Obstacle(Skip.LAPSED)
    if history.state not in {*TO_PREPARE, State.PREPARED}:
        raise _Obstacle(Skip.MOVED_ON)
    if history.state is State.PREPARED:
        if appearance(history) != planned.appearance:
            raise _Obstacle(Skip.CHANGED)
        tools, person = request.app[DESK].tools, require_person(request).code
        freeze = await tools.freezes.find(route.name)
        told = find_obstacle(person, history, route, now=tools.now(), freeze=freeze)
        if told is not None:
            raise _Obstacle(Skip.NOT_ALLOWED, told)
    return history
