"""Approving a batch: pressing the button, fresh digests, the platform's consent pages, and the way back (leg 2)."""

from contextlib import suppress

from aiohttp import web
from pydantic import SecretStr

from jobs.approve import authorization_request, is_stale, renew, require_approver, void_reason
from jobs.model.errors import Conflict
from jobs.model.history import History
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.roles import Action
from jobs.model.seals import Authorization
from jobs.model.standstill import foresee_standstills
from jobs.model.text import Text
from jobs.ports import Story
from jobs.right_clock import require_right_clock
from worker.desk.dialogs import Approving
from worker.desk.limits import begin_dialog
from worker.desk.permissions import require_batch, require_route
from worker.desk.ports import DESK, DeskContext
from worker.desk.rendering import redirect, render_page, send_to_platform
from worker.desk.sessions import SESSION

LOOK_AGAIN = 2
"""Seconds until the page looks for fresh digests again."""
TOO_OLD = Text("the digests were too old to ask about")
RENEWED = Text("The digests were renewed while you were away, so your approval fits no longer. Nothing was sealed.")

FROZEN = Text(
    "Sealing was frozen while you were away, so your approval was not used. Nothing was sealed. Once that is lifted, "
    "you are asked again."
)


async def approve(request: web.Request) -> web.Response:
    """Note that the person pressed the button. Raises NotApprovable when there is nothing to approve."""
    permitted, tools = await require_batch(request, Action.APPROVE), request.app[DESK].tools
    freeze = await tools.freezes.find(permitted.route.name)
    batch = authorization_request(
        permitted.history, permitted.person.code, permitted.route, now=tools.now(), freeze=freeze
    ).batch
    request[SESSION].record_intent(batch)
    return redirect(f"/batches/{batch}/authorize")


async def authorize(request: web.Request) -> web.Response:
    """Go to the platform with fresh digests; until there are some, a page that looks again by itself."""
    permitted = await require_batch(request, Action.APPROVE)
    history, desk, session = permitted.history, request.app[DESK], request[SESSION]
    if not session.has_intent(history.batch):
        return redirect(f"/batches/{history.batch}")
    person, now, freeze = permitted.person.code, desk.tools.now(), await desk.tools.freezes.find(permitted.route.name)
    require_approver(person, history, permitted.route, now=now, freeze=freeze)
    await require_right_clock(desk.tools)
    why = await _reason_to_renew(history, desk)
    if why is not None:
        # Where somebody else renewed them first, or gave the batch up, the page sees it when it looks again.
        with suppress(Conflict):
            await renew(history, desk.tools, why)
            await desk.tools.doorbell.ring(Story.PREPARE, history.batch)
    elif history.state is State.PREPARED:
        asked = authorization_request(history, person, permitted.route, now=now, freeze=freeze)
        dialog = Approving(
            binding=session.dialog_binding,
            proof=desk.consent.new_proof(),
            batch=asked.batch,
            summary=asked.summary,
            approver=person,
        )
        state = await begin_dialog(request, dialog)
        session.use_intent()
        return send_to_platform(request, desk.consent.authorization_url(asked, state, dialog.verifier))
    elif history.is_stopped or history.state not in TO_PREPARE:
        return redirect(f"/batches/{history.batch}")
    standing = foresee_standstills(await desk.standstills(), history.batch, history.gathered.route)
    return render_page(request, "preparing.html", batch=history.batch, standing=standing, now=now, refresh=LOOK_AGAIN)


async def _reason_to_renew(history: History, desk: DeskContext) -> str | None:
    seal, tools = await desk.find_seal(history.gathered.seal), desk.tools
    why = None if seal is None else void_reason(history, seal, tools.now())
    return TOO_OLD if why is None and is_stale(history, desk.fresh_for, tools.age) else why


async def complete_approval(request: web.Request, dialog: Approving, code: SecretStr) -> web.Response:
    """The callback of an approval: queue the one-time code if the person consented to what still is to be sealed.

    Raises NotApprovable when the batch no longer waits, and Refused when the person may no longer approve it.
    """
    desk, session, address = request.app[DESK], request[SESSION], f"/batches/{dialog.batch}"
    history = await desk.tools.ledger.read(dialog.batch)
    route = require_route(request, history.gathered.route, Action.APPROVE)
    if await desk.tools.freezes.find(route.name) is not None:
        session.flash(FROZEN, "bad")
        return redirect(address)
    asked = authorization_request(history, dialog.approver, route, now=desk.tools.now(), freeze=None)
    if asked.summary != dialog.summary:
        session.flash(RENEWED, "bad")
        return redirect(address)
    authorization = Authorization(
        batch=dialog.batch,
        approver=dialog.approver,
        summary=dialog.summary,
        code=code,
        code_verifier=dialog.verifier,
        granted_at=desk.tools.now(),
    )
    await desk.approvals.enqueue_sealing(authorization)
    session.record_grant(dialog.summary)
    return redirect(address)
