"""Freezing a route, and lifting that: everybody who decides in it may, at once and without anybody's leave."""

from aiohttp import web
from pydantic import ValidationError

from jobs.model.documents import Route
from jobs.model.freeze import Freeze
from jobs.model.names import RouteName
from jobs.model.roles import Action
from jobs.model.text import Text
from worker.desk.permissions import require_person, require_route
from worker.desk.ports import DESK
from worker.desk.rendering import redirect
from worker.desk.sessions import SESSION

FROZEN = Text("Sealing is frozen in this route: nothing is signed, and nobody is asked.")
LIFTED = Text("Sealing goes on in this route.")
NO_REASON = Text("Say why in a few words, so that the others know. Nothing was changed.")
NOT_HERE = Text("All sealing is frozen. That is lifted where zimogs runs, with `zimogs unfreeze`.")


async def freeze(request: web.Request) -> web.Response:
    """Freeze the route, for the reason that the person gives."""
    person, route = require_person(request), _route_to_freeze(request)
    desk, session = request.app[DESK], request[SESSION]
    reason = str((await request.post()).get("reason", ""))
    try:
        begun = Freeze(route=route.name, at=desk.tools.now(), by=person.name, person=person.code, reason=reason)
    except ValidationError:
        session.flash(NO_REASON, "bad")
    else:
        await desk.tools.freezes.begin(begun)
        session.flash(FROZEN)
    return redirect("/")


async def unfreeze(request: web.Request) -> web.Response:
    """Lift the freeze of the route; one of everything is not the desk's to lift."""
    person, route = require_person(request), _route_to_freeze(request)
    desk, session = request.app[DESK], request[SESSION]
    await desk.tools.freezes.lift(route.name, at=desk.tools.now(), by=person.name, person=person.code)
    still = await desk.tools.freezes.find(route.name)
    session.flash(LIFTED, "good") if still is None else session.flash(NOT_HERE)
    return redirect("/")


def _route_to_freeze(request: web.Request) -> Route:
    return require_route(request, RouteName(request.match_info["route"]), Action.FREEZE)
