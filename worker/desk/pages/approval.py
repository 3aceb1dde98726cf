"""Approving a batch: pressing the button, fresh digests, the platform's consent pages, and the way back (leg 2)."""

from aiohttp import web
from pydantic import SecretStr

from jobs.approve import authorization_request, is_stale, renew
from jobs.model.errors import Conflict
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.seals import Authorization
from jobs.ports import Story, Tools
from worker.desk.admission import DESK, Admitted, admitted_batch, approved_route
from worker.desk.dialogs import Approving
from worker.desk.rendering import leaving, page, redirect
from worker.desk.sessions import VISIT

RENEWED = "The digests were renewed while you were away, so your approval fits no longer. Nothing was sealed."


async def approve(request: web.Request) -> web.Response:
    """Note that the person pressed the button. Raises NotApprovable when there is nothing to approve."""
    admitted = await admitted_batch(request)
    batch = authorization_request(admitted.history, admitted.person.code, admitted.route).batch
    request[VISIT].intend(batch)
    return redirect(f"/batches/{batch}/authorize")


async def authorize(request: web.Request) -> web.Response:
    """Go to the platform with fresh digests; until there are some, a page that looks again by itself."""
    admitted = await admitted_batch(request)
    history, desk = admitted.history, request.app[DESK]
    if not request[VISIT].intends(history.batch):
        return redirect(f"/batches/{history.batch}")
    if is_stale(history, desk.fresh_for, desk.tools.now()):
        await _renew(history, desk.tools)
        return _preparing(request, history)
    match history.state:
        case State.PREPARED:
            return await _depart(request, admitted)
        case State.GATHERED | State.LAPSED:
            return _preparing(request, history)
        case _:
            return redirect(f"/batches/{history.batch}")


async def approved(request: web.Request, dialog: Approving, code: SecretStr) -> web.Response:
    """The callback of an approval: queue the one-time code if the person consented to what still is to be sealed.

    Raises NotApprovable when the batch no longer waits, and Refused when the person may no longer approve it.
    """
    desk, visit, address = request.app[DESK], request[VISIT], f"/batches/{dialog.batch}"
    history = await desk.tools.ledger.read(dialog.batch)
    route = approved_route(request, history.gathered.route)
    if authorization_request(history, dialog.approver, route).summary != dialog.summary:
        visit.say(RENEWED, "bad")
        return redirect(address)
    now = desk.tools.now()
    await desk.approvals.enqueue_sealing(
        Authorization(batch=dialog.batch, approver=dialog.approver, summary=dialog.summary, code=code, granted_at=now)
    )
    visit.granted(dialog.summary)
    return redirect(address)


async def _depart(request: web.Request, admitted: Admitted) -> web.Response:
    desk, visit = request.app[DESK], request[VISIT]
    asked = authorization_request(admitted.history, admitted.person.code, admitted.route)
    dialog = Approving(binding=visit.binding, batch=asked.batch, summary=asked.summary, approver=admitted.person.code)
    visit.use_intent()
    return leaving(request, desk.consent.authorization_url(asked, await desk.dialogs.begin(dialog)))


async def _renew(history: History, tools: Tools) -> None:
    try:
        await renew(history, tools, "the digests were too old to ask about")
    except Conflict:
        return  # Somebody else renewed them, or gave the batch up: the page looks again.
    await tools.doorbell.ring(Story.PREPARE, history.batch)


def _preparing(request: web.Request, history: History) -> web.Response:
    return page(request, "preparing.html", batch=history.batch, refresh=2)
