"""Who may see what: nobody without signing in, and no batch or route without being one of its approvers."""

from dataclasses import dataclass

from aiohttp import web

from jobs.approve import may_approve
from jobs.model.documents import Route
from jobs.model.errors import UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName, is_batch_id
from jobs.ports import Tools
from worker.desk.ports import Desk
from worker.desk.refusals import NotSignedIn, not_of_this_route
from worker.desk.sessions import VISIT
from worker.desk.visit import SignedIn

DESK = web.AppKey("DESK", Desk)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A batch, its route, and a person who may approve it."""

    history: History
    route: Route
    person: SignedIn


def signed_in(request: web.Request) -> SignedIn:
    """The person at the desk. Raises NotSignedIn."""
    person = request[VISIT].person
    if person is None:
        raise NotSignedIn
    return person


def routes_of(person: PersonalCode, tools: Tools) -> tuple[Route, ...]:
    """The routes whose batches the person may approve, by name."""
    routes = (route for route in tools.routes.values() if may_approve(person, route))
    return tuple(sorted(routes, key=lambda route: route.name))


def approved_route(request: web.Request, name: RouteName) -> Route:
    """The route of that name. Raises NotSignedIn, and Refused unless the person may approve its batches."""
    person, route = signed_in(request), request.app[DESK].tools.routes.get(name)
    if route is None or not may_approve(person.code, route):
        raise not_of_this_route(name)
    return route


def admitted_route(request: web.Request) -> Route:
    """The route in the address. Raises NotSignedIn, and Refused unless the person may approve its batches."""
    return approved_route(request, RouteName(request.match_info["route"]))


async def admitted_batch(request: web.Request) -> Admitted:
    """The batch in the address. Raises NotSignedIn, UnknownBatch, and Refused unless the person may approve it."""
    person = signed_in(request)
    batch = request.match_info["batch"]
    if not is_batch_id(batch):
        raise UnknownBatch(batch)
    history = await request.app[DESK].tools.ledger.read(BatchId(batch))
    return Admitted(history, approved_route(request, history.gathered.route), person)
