"""The first page: the door for a stranger, and the desk for who is signed in."""

from aiohttp import web

from worker.desk.admission import DESK, admitted_route, routes_of
from worker.desk.listing import route_card
from worker.desk.refusals import not_an_approver
from worker.desk.rendering import page, redirect
from worker.desk.sessions import VISIT

LOOK_AGAIN, READ_FIRST = 4, 12
"""Seconds until the page shows moving batches anew, and while there is a notice to read."""


async def overview(request: web.Request) -> web.Response:
    """Show the person's routes; while something moves, the page looks again by itself."""
    visit, tools = request[VISIT], request.app[DESK].tools
    if visit.person is None:
        return page(request, "welcome.html")
    routes = routes_of(visit.person.code, tools)
    if not routes:
        raise not_an_approver(visit.person.name, visit.person.code)
    cards = [await route_card(route, tools, visit.has_granted) for route in routes]
    pause = READ_FIRST if visit.has_notice else LOOK_AGAIN
    refresh = pause if any(card.is_moving for card in cards) else None
    return page(request, "overview.html", cards=cards, now=tools.now(), refresh=refresh)


async def gather(request: web.Request) -> web.Response:
    """Have a batch cut of whatever waits in the route."""
    route = admitted_route(request)
    await request.app[DESK].gathering.gather_now(route.name)
    request[VISIT].say("A batch is made of what waits. It shows here in a moment.")
    return redirect("/")
