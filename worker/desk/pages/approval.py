"""Approving a batch: pressing the button, fresh digests, the platform's consent pages, and the way back (leg 2)."""

from enum import StrEnum

from aiohttp import web
from pydantic import SecretStr

from jobs.approve import authorization_request, require_approver
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId
from jobs.model.roles import Action
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
from worker.desk.sitting import appearance

CHANGED = Text("It is not what you looked at before you began: look at it again.")
LOOK_AGAIN = 2
"""Seconds until the page looks for fresh digests again."""


async def approve(request: web.Request) -> web.Response:
    """Note that the person pressed the button. Raises NotApprovable when there is nothing to approve."""
    permitted, tools = await require_batch(request, Action.APPROVE), request.app[DESK].tools
    freeze = await tools.freezes.find(permitted.route.name)
    batch = authorization_request(
        permitted.history, permitted.person.code, permitted.route, now=tools.now(), freeze=freeze
    ).batch
    seen = str((await request.post()).get("appearance") or appearance(permitted.history))
    if seen != appearance(permitted.history):
        return _show_anew(request, batch)
    request[SESSION].record_intent(batch, seen)
    return redirect(f"/batches/{batch}/authorize")


async def authorize(request: web.Request) -> web.Response:
    """Go to the platform with fresh digests; until there are some, a page that looks again by itself."""
    permitted = await require_batch(request, Action.APPROVE)
    history, desk, session = permitted.history, request.app[DESK], request[SESSION]
    if (seen := session.find_intent(history.batch)) is None:
        return redirect(f"/batches/{history.batch}")
    person, now, freeze = permitted.person.code, desk.tools.now(), await desk.tools.freezes.find(permitted.route.name)
    require_approver(person, history, permitted.route, now=now, freeze=freeze)
    await require_right_clock(desk.tools)
    if not await renew_digests(history, desk):
        if history.state is State.PREPARED and appearance(history) != seen:
            session.use_intent()
            return _show_anew(request, history.batch)
        if history.state is State.PREPARED:
            leaving = await ask_for_consent(request, history, permitted.route, person)
            session.use_intent()
            return leaving
        if history.is_stopped or history.state not in TO_PREPARE:
            return redirect(f"/batches/{history.batch}")
    standing = foresee_standstills(await desk.standstills(), history.batch, history.gathered.route)
    return render_page(request, "preparing.html", batch=history.batch, standing=standing, now=now, refresh=LOOK_AGAIN)


def _show_anew(request: web.Request, batch: BatchId) -> web.Response:
    """Nobody is asked about what they have not seen: a document that was put aside meanwhile, or a new warning."""
    request[SESSION].flash(CHANGED, "bad")
    return redirect(f"/batches/{batch}")


class UnusedConsent(StrEnum):
    """Why a consent that was given is not used. Nothing was sealed."""

    FROZEN = "frozen"
    RENEWED = "renewed"


UNUSED = {
    UnusedConsent.FROZEN: Text(
        "Sealing was frozen while you were away, so your approval was not used. Nothing was sealed. Once that is "
        "lifted, you are asked again."
    ),
    UnusedConsent.RENEWED: Text(
        "The digests were renewed while you were away, so your approval fits no longer. Nothing was sealed."
    ),
}
"""What the person is told."""


async def complete_approval(request: web.Request, dialog: Approving, code: SecretStr) -> web.Response:
    """The callback of an approval: back to the batch, with a sentence where the consent was not used."""
    unused = await use_consent(request, dialog, code)
    if unused is not None:
        request[SESSION].flash(UNUSED[unused], "bad")
    return redirect(f"/batches/{dialog.batch}")


async def use_consent(request: web.Request, dialog: Approving, code: SecretStr) -> UnusedConsent | None:
    """Queue the one-time code if the person consented to what still is to be sealed; says why, where it is not used.

    Raises NotApprovable when the batch no longer waits, and Refused when the person may no longer approve it.
    """
    desk = request.app[DESK]
    history = await desk.tools.ledger.read(dialog.batch)
    route = require_route(request, history.gathered.route, Action.APPROVE)
    if await desk.tools.freezes.find(route.name) is not None:
        return UnusedConsent.FROZEN
    asked = authorization_request(history, dialog.approver, route, now=desk.tools.now(), freeze=None)
    if asked.summary != dialog.summary:
        return UnusedConsent.RENEWED
    authorization = Authorization(
        batch=dialog.batch,
        approver=dialog.approver,
        summary=dialog.summary,
        code=code,
        code_verifier=dialog.verifier,
        granted_at=desk.tools.now(),
    )
    await desk.approvals.enqueue_sealing(authorization)
    if dialog.asked_at is not None:
        seconds = (authorization.granted_at - dialog.asked_at).total_seconds()
        desk.observe_consent(route.name, len(history.prepared.documents), seconds)
    request[SESSION].record_grant(dialog.summary)
    return None
