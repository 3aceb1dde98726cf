"""The seals of a person's routes: whose they are, and how many days they have left."""

from itertools import groupby

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.roles import Action
from jobs.model.seals import normalise_label
from worker.desk.permissions import require_person, routes_of
from worker.desk.ports import DESK
from worker.desk.reader import Reader
from worker.desk.rendering import render_page
from worker.desk.seal_list import SealLine


async def seals(request: web.Request) -> web.Response:
    """Show each seal once, first the one that ends soonest; and what the vendor turned out to take at once."""
    person, desk = require_person(request), request.app[DESK]
    routes = sorted(routes_of(person.code, desk.tools), key=_label)
    lines = [
        SealLine.of(tuple(group), await desk.find_seal(label), desk.tools.now())
        for label, group in groupby(routes, key=_label)
    ]
    lines.sort(key=lambda line: (line.seal is not None, line.days is None, line.days))
    return render_page(
        request,
        "seals.html",
        lines=lines,
        may_enrol={route.seal for route in routes_of(person.code, desk.tools, Action.ENROL)},
        limits=(await desk.tools.limits.known()).met,
        reader=Reader(person.code, await desk.people.names()),
        now=desk.tools.now(),
    )


def _label(route: Route) -> str:
    return normalise_label(route.seal)
