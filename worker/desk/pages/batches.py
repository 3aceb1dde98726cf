"""One batch: its documents, how it stands, what happened to it, and what a person may do."""

from aiohttp import web

from jobs.abandon import abandon as give_up
from jobs.lapse import ask_again as try_again
from jobs.model.lifecycle import TRANSITIONS, State
from jobs.model.records import Prepared
from jobs.model.roles import Action
from jobs.model.standstill import Cause, select_standstills
from jobs.release import release as let_go
from jobs.turn import Turn
from worker.desk.batch_details import document_rows, renewal_reason, timeline
from worker.desk.batch_status import STEPS, batch_status, steps_done
from worker.desk.permissions import require_batch
from worker.desk.ports import DESK
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION

LOOK_AGAIN = 2
"""Seconds until a page shows a moving batch anew."""


async def batch(request: web.Request) -> web.Response:
    """Show the batch; while it moves, the page looks again by itself."""
    permitted = await require_batch(request)
    history, desk = permitted.history, request.app[DESK]
    is_granted = request[SESSION].has_granted(history)
    is_enrolled = await desk.find_seal(history.gathered.seal) is not None
    standing = select_standstills(await desk.standstills(), history.batch, history.gathered.route)
    # That a seal is missing, or that it stopped, is said by the status itself, with what to do; a freeze by its banner.
    said = {Cause.SEAL_NOT_ENROLLED, Cause.STOPPED, Cause.FROZEN}
    standing = tuple(each for each in standing if each.cause not in said)
    freeze = await desk.tools.freezes.find(permitted.route.name)
    turn = Turn.of(permitted.person.code, history, permitted.route, now=desk.tools.now(), freeze=freeze)
    unreleased = turn.action is Action.RELEASE
    status = batch_status(history, enrolled=is_enrolled, granted=is_granted, held=bool(standing), unreleased=unreleased)
    is_cancellable = State.ABANDONED in TRANSITIONS[history.state] and not is_granted
    return render_page(
        request,
        "batch.html",
        refresh=LOOK_AGAIN if status.is_moving else None,
        history=history,
        prepared=history.prepared if history.has(Prepared) else None,
        status=status,
        standing=() if history.is_over else standing,
        steps=STEPS,
        done=steps_done(history, granted=is_granted),
        rows=document_rows(history),
        asked_anew=renewal_reason(history),
        timeline=timeline(history, permitted.person.code),
        freeze=None if history.is_over else freeze,
        turn=turn,
        actions=permitted.actions,
        may_approve=turn.may_approve and not is_granted,
        may_cancel=is_cancellable and Action.CANCEL in permitted.actions,
        now=desk.tools.now(),
    )


async def ask_again(request: web.Request) -> web.Response:
    """Have a stopped batch prepared and asked for once more. Raises NotApprovable and Conflict."""
    permitted = await require_batch(request, Action.ASK_AGAIN)
    await try_again(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")


async def release(request: web.Request) -> web.Response:
    """Let a batch go on to whoever approves it. Raises NotApprovable and Conflict."""
    permitted = await require_batch(request, Action.RELEASE)
    await let_go(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")


async def abandon(request: web.Request) -> web.Response:
    """Cancel a batch that nobody has consented to. Raises IllegalTransition and Conflict."""
    permitted = await require_batch(request, Action.CANCEL)
    await give_up(permitted.history.batch, permitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{permitted.history.batch}")
