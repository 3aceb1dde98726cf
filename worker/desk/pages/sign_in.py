"""Signing in and out. The routes' approvers may come in; the token that tells who somebody is, is not kept."""

from aiohttp import web
from pydantic import SecretStr

from jobs.model.text import Text
from worker.desk.dialogs import SigningIn
from worker.desk.errors import not_an_approver
from worker.desk.limits import begin_dialog
from worker.desk.permissions import routes_of
from worker.desk.ports import DESK
from worker.desk.rendering import redirect, send_to_platform
from worker.desk.sessions import SESSION


async def sign_in(request: web.Request) -> web.Response:
    """Send the browser to the platform to learn who it is (leg 1)."""
    desk = request.app[DESK]
    dialog = SigningIn(binding=request[SESSION].dialog_binding, proof=desk.consent.new_proof())
    state = await begin_dialog(request, dialog)
    return send_to_platform(request, desk.consent.identification_url(state, dialog.verifier))


async def sign_out(request: web.Request) -> web.Response:
    """End the session here, for whoever may have kept its cookie, and then the one at the platform (vendor §3.12)."""
    desk, session = request.app[DESK], request[SESSION]
    if session.id is not None:
        await desk.ended_sessions.end(session.id)
    session.sign_out()
    return send_to_platform(request, desk.consent.sign_out_url(f"{desk.settings.public_url}/signed-out"))


async def farewell(request: web.Request) -> web.Response:
    """Where the platform sends people who signed out."""
    if request[SESSION].person is None:
        request[SESSION].flash(Text("You are signed out, here and at eParaksts."))
    return redirect("/")


async def complete_sign_in(request: web.Request, dialog: SigningIn, code: SecretStr) -> web.Response:
    """The callback of a sign-in. Raises Refused for somebody who approves no route, and the vendor's errors."""
    desk, session = request.app[DESK], request[SESSION]
    user = await desk.consent.identify(code, dialog.verifier)
    if not routes_of(user.personal_code, desk.tools):
        raise not_an_approver(user.name, user.personal_code)
    next_path = session.next_path
    session.sign_in(user)
    await desk.people.remember(user.personal_code, user.name)
    return redirect(next_path)
