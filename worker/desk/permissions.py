"""Who may see and do what at the desk: nobody without signing in, and no more than one's roles in a route allow."""

from dataclasses import dataclass

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.errors import UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName, batch_route, is_batch_id
from jobs.model.roles import Action, actions_of
from jobs.ports import Tools
from worker.desk.errors import NotSignedIn, not_allowed, not_of_this_route
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION, SignedInPerson


@dataclass(frozen=True, slots=True)
class PermittedBatch:
    """A batch, its route, and a person who may see it, with what they may do in this route."""

    history: History
    route: Route
    person: SignedInPerson

    @property
    def actions(self) -> frozenset[Action]:
        """What the person may do in the route."""
        return actions_of(self.person.code, self.route)


def require_person(request: web.Request) -> SignedInPerson:
    """The person at the desk. Raises NotSignedIn."""
    person = request[SESSION].person
    if person is None:
        raise NotSignedIn
    return person


def routes_of(person: PersonalCode, tools: Tools, action: Action = Action.SEE) -> tuple[Route, ...]:
    """The routes in which the person may do that, by name."""
    routes = (route for route in tools.routes.values() if action in actions_of(person, route))
    return tuple(sorted(routes, key=lambda route: route.name))


def require_route(request: web.Request, name: RouteName, action: Action | None = None) -> Route:
    """The route of that name, in which the person may do that. Raises NotSignedIn, and Refused.

    Where no action is named, a page that is looked at is to be seen, and whatever is sent is for approvers alone.
    """
    action = action or (Action.SEE if request.method == "GET" else Action.DECIDE)
    person, route = require_person(request), request.app[DESK].tools.routes.get(name)
    actions = frozenset[Action]() if route is None else actions_of(person.code, route)
    if route is None or Action.SEE not in actions:
        raise not_of_this_route(name)
    if action not in actions:
        raise not_allowed(name)
    return route


async def require_batch(request: web.Request, action: Action | None = None) -> PermittedBatch:
    """The batch in the address, in whose route the person may do that; without an action as in `require_route`.

    Raises NotSignedIn, UnknownBatch, BrokenLedger, and Refused.
    """
    person = require_person(request)
    batch = request.match_info["batch"]
    if not is_batch_id(batch):
        raise UnknownBatch(batch)
    # Asked first, since a batch whose records are damaged cannot tell its route.
    route = require_route(request, batch_route(BatchId(batch)), action)
    history = await request.app[DESK].tools.ledger.read(BatchId(batch))
    return PermittedBatch(history, route, person)
