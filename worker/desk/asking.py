"""Asking one person about one batch: fresh digests first, then the platform's pages (leg 2)."""

from contextlib import suppress

from aiohttp import web

from jobs.approve import authorization_request, is_stale, renew, void_reason
from jobs.model.documents import Route
from jobs.model.errors import Conflict
from jobs.model.history import History
from jobs.model.names import PersonalCode
from jobs.model.text import Text
from jobs.ports import Story
from worker.desk.dialogs import Approving
from worker.desk.limits import begin_dialog
from worker.desk.ports import DESK, DeskContext
from worker.desk.rendering import send_to_platform
from worker.desk.sessions import SESSION

TOO_OLD = Text("the digests were too old to ask about")


async def renew_digests(history: History, desk: DeskContext) -> bool:
    """Have digests that nobody may be asked about calculated anew; says whether that was needed."""
    seal, tools = await desk.find_seal(history.gathered.seal), desk.tools
    why = None if seal is None else void_reason(history, seal, tools.now())
    if why is None and is_stale(history, desk.fresh_for, tools.age):
        why = TOO_OLD
    if why is None:
        return False
    # Where somebody else renewed them first, or gave the batch up, whoever looks again sees it.
    with suppress(Conflict):
        await renew(history, tools, why)
        await tools.doorbell.ring(Story.PREPARE, history.batch)
    return True


async def ask_for_consent(
    request: web.Request, history: History, route: Route, person: PersonalCode, *, in_sitting: bool = False
) -> web.Response:
    """A page that goes to the platform, where the person is asked about exactly these digests.

    Raises NotApprovable, and Refused where too many dialogs were begun.
    """
    desk = request.app[DESK]
    freeze = await desk.tools.freezes.find(route.name)
    asked = authorization_request(history, person, route, now=desk.tools.now(), freeze=freeze)
    dialog = Approving(
        binding=request[SESSION].dialog_binding,
        proof=desk.consent.new_proof(),
        batch=asked.batch,
        summary=asked.summary,
        approver=person,
        in_sitting=in_sitting,
        asked_at=desk.tools.now(),
    )
    state = await begin_dialog(request, dialog)
    return send_to_platform(request, desk.consent.authorization_url(asked, state, dialog.verifier))
