"""Who may see what: nobody without signing in, and no batch or route without being one of its approvers."""

from dataclasses import dataclass

from aiohttp import web

from jobs.approve import may_approve
from jobs.model.documents import Route
from jobs.model.errors import UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName, batch_route, is_batch_id
from jobs.ports import Tools
from worker.desk.errors import NotSignedIn, not_of_this_route
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION, SignedInPerson


@dataclass(frozen=True, slots=True)
class PermittedBatch:
    """A batch, its route, and a person who may approve it."""

    history: History
    route: Route
    person: SignedInPerson


def require_person(request: web.Request) -> SignedInPerson:
    """The person at the desk. Raises NotSignedIn."""
    person = request[SESSION].person
    if person is None:
        raise NotSignedIn
    return person


def routes_of(person: PersonalCode, tools: Tools) -> tuple[Route, ...]:
    """The routes whose batches the person may approve, by name."""
    routes = (route for route in tools.routes.values() if may_approve(person, route))
    return tuple(sorted(routes, key=lambda route: route.name))


def require_route(request: web.Request, name: RouteName) -> Route:
    """The route of that name. Raises NotSignedIn, and Refused unless the person may approve its batches."""
    person, route = require_person(request), request.app[DESK].tools.routes.get(name)
    if route is None or not may_approve(person.code, route):
        raise not_of_this_route(name)
    return route


async def require_batch(request: web.Request) -> PermittedBatch:
    """The batch in the address.

    Raises NotSignedIn, UnknownBatch, BrokenLedger, and Refused unless the person may approve it.
    """
    person = require_person(request)
    batch = request.match_info["batch"]
    if not is_batch_id(batch):
        raise UnknownBatch(batch)
    # Asked first, since a batch whose records are damaged cannot tell its route.
    route = require_route(request, batch_route(BatchId(batch)))
    history = await request.app[DESK].tools.ledger.read(BatchId(batch))
    return PermittedBatch(history, route, person)
