"""Approving a batch: pressing the button, fresh digests, the platform's consent pages, and the way back (leg 2)."""

from aiohttp import web
from pydantic import SecretStr

from jobs.approve import authorization_request
from jobs.model.lifecycle import State
from jobs.model.seals import Authorization
from jobs.model.standstill import foresee_standstills
from jobs.model.text import Text
from jobs.right_clock import require_right_clock
from worker.desk.asking import ask_for_consent, renew_digests
from worker.desk.dialogs import Approving
from worker.desk.permissions import require_batch, require_route
from worker.desk.ports import DESK
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION

LOOK_AGAIN = 2
"""Seconds until the page looks for fresh digests again."""
RENEWED = Text("The digests were renewed while you were away, so your approval fits no longer. Nothing was sealed.")


async def approve(request: web.Request) -> web.Response:
    """Note that the person pressed the button. Raises NotApprovable when there is nothing to approve."""
    permitted = await require_batch(request)
    batch = authorization_request(permitted.history, permitted.person.code, permitted.route).batch
    request[SESSION].record_intent(batch)
    return redirect(f"/batches/{batch}/authorize")


async def authorize(request: web.Request) -> web.Response:
    """Go to the platform with fresh digests; until there are some, a page that looks again by itself."""
    permitted = await require_batch(request)
    history, desk, session = permitted.history, request.app[DESK], request[SESSION]
    if not session.has_intent(history.batch):
        return redirect(f"/batches/{history.batch}")
    await require_right_clock(desk.tools)
    if not await renew_digests(history, desk):
        if history.state is State.PREPARED:
            leaving = await ask_for_consent(request, history, permitted.route, permitted.person.code)
            session.use_intent()
            return leaving
        if history.is_stopped or history.state not in {State.GATHERED, State.LAPSED}:
            return redirect(f"/batches/{history.batch}")
    standing = foresee_standstills(await desk.standstills(), history.batch, history.gathered.route)
    now = desk.tools.now()
    return render_page(request, "preparing.html", batch=history.batch, standing=standing, now=now, refresh=LOOK_AGAIN)


async def complete_approval(request: web.Request, dialog: Approving, code: SecretStr) -> web.Response:
    """The callback of an approval: back to the batch, with a sentence where the consent fits no longer."""
    if not await use_consent(request, dialog, code):
        request[SESSION].flash(RENEWED, "bad")
    return redirect(f"/batches/{dialog.batch}")


async def use_consent(request: web.Request, dialog: Approving, code: SecretStr) -> bool:
    """Queue the one-time code if the person consented to what still is to be sealed; says whether they did.

    Raises NotApprovable when the batch no longer waits, and Refused when the person may no longer approve it.
    """
    desk = request.app[DESK]
    history = await desk.tools.ledger.read(dialog.batch)
    route = require_route(request, history.gathered.route)
    if authorization_request(history, dialog.approver, route).summary != dialog.summary:
        return False
    authorization = Authorization(
        batch=dialog.batch,
        approver=dialog.approver,
        summary=dialog.summary,
        code=code,
        code_verifier=dialog.verifier,
        granted_at=desk.tools.now(),
    )
    await desk.approvals.enqueue_sealing(authorization)
    request[SESSION].record_grant(dialog.summary)
    return True
