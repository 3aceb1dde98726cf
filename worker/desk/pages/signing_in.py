"""Signing in and out. The routes' approvers may come in; the token that tells who somebody is, is not kept."""

from aiohttp import web
from pydantic import SecretStr

from worker.desk.admission import DESK, routes_of
from worker.desk.dialogs import SigningIn
from worker.desk.refusals import not_an_approver
from worker.desk.rendering import leaving, redirect
from worker.desk.sessions import VISIT


async def sign_in(request: web.Request) -> web.Response:
    """Send the browser to the platform to learn who it is (leg 1)."""
    desk = request.app[DESK]
    state = await desk.dialogs.begin(SigningIn(binding=request[VISIT].binding))
    return leaving(request, desk.consent.identification_url(state))


async def sign_out(request: web.Request) -> web.Response:
    """Forget the session."""
    request[VISIT].sign_out()
    request[VISIT].say("You are signed out.")
    return redirect("/")


async def identified(request: web.Request, code: SecretStr) -> web.Response:
    """The callback of a sign-in. Raises Refused for somebody who approves no route, and the vendor's errors."""
    desk, visit = request.app[DESK], request[VISIT]
    person = await desk.consent.person(code)
    if not routes_of(person.code, desk.tools):
        raise not_an_approver(person.name, person.code)
    wanted = visit.wanted
    visit.sign_in(person, until=desk.tools.now() + desk.settings.session_life)
    return redirect(wanted)
