"""One batch: its documents, how it stands, what happened to it, and what a person may do."""

from aiohttp import web

from jobs.abandon import abandon as give_up
from jobs.model.lifecycle import TRANSITIONS, State
from jobs.model.records import Prepared
from worker.desk.admission import DESK, admitted_batch
from worker.desk.chronicle import lines
from worker.desk.endings import rows
from worker.desk.listing import enrolled_seal
from worker.desk.presenting import STEPS, standing, steps_done
from worker.desk.rendering import page, redirect
from worker.desk.sessions import VISIT

LOOK_AGAIN = 2
"""Seconds until a page shows a moving batch anew."""


async def batch(request: web.Request) -> web.Response:
    """Show the batch; while it moves, the page looks again by itself."""
    admitted = await admitted_batch(request)
    history, tools = admitted.history, request.app[DESK].tools
    granted = request[VISIT].has_granted(history)
    enrolled = await enrolled_seal(history.gathered.seal, tools) is not None
    stands = standing(history, enrolled=enrolled, granted=granted)
    return page(
        request,
        "batch.html",
        refresh=LOOK_AGAIN if stands.is_moving else None,
        history=history,
        prepared=history.prepared if history.has(Prepared) else None,
        standing=stands,
        steps=STEPS,
        done=steps_done(history, granted=granted),
        rows=rows(history),
        lines=lines(history, admitted.person.code),
        may_approve=history.state is State.PREPARED and not granted,
        may_cancel=State.ABANDONED in TRANSITIONS[history.state] and not granted,
        now=tools.now(),
    )


async def abandon(request: web.Request) -> web.Response:
    """Cancel a batch that nobody has consented to. Raises IllegalTransition and Conflict."""
    admitted = await admitted_batch(request)
    await give_up(admitted.history.batch, admitted.person.code, request.app[DESK].tools)
    return redirect(f"/batches/{admitted.history.batch}")
