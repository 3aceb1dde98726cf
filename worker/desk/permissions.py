"""Who may see and do what at the desk: nobody without signing in, and no more than one's roles in a route allow."""

from dataclasses import dataclass

from aiohttp import web

from jobs.model.documents import Route
from jobs.model.errors import UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName, batch_route, is_batch_id
from jobs.model.roles import Act, acts_of
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
    def acts(self) -> frozenset[Act]:
        """What the person may do in the route."""
        return acts_of(self.person.code, self.route)


def require_person(request: web.Request) -> SignedInPerson:
    """The person at the desk. Raises NotSignedIn."""
    person = request[SESSION].person
    if person is None:
        raise NotSignedIn
    return person


def routes_of(person: PersonalCode, tools: Tools, act: Act = Act.SEE) -> tuple[Route, ...]:
    """The routes in which the person may do that, by name."""
    routes = (route for route in tools.routes.values() if act in acts_of(person, route))
    return tuple(sorted(routes, key=lambda route: route.name))


def require_route(request: web.Request, name: RouteName, act: Act | None = None) -> Route:
    """The route of that name, in which the person may do that. Raises NotSignedIn, and Refused.

    Where no act is named, a page that is looked at is to be seen, and whatever is sent is for approvers alone.
    """
    act = act or (Act.SEE if request.method == "GET" else Act.APPROVE)
    person, route = require_person(request), request.app[DESK].tools.routes.get(name)
    acts = frozenset[Act]() if route is None else acts_of(person.code, route)
    if route is None or Act.SEE not in acts:
        raise not_of_this_route(name)
    if act not in acts:
        raise not_allowed(name)
    return route


async def require_batch(request: web.Request, act: Act | None = None) -> PermittedBatch:
    """The batch in the address, in whose route the person may do that; without an act as in `require_route`.

    Raises NotSignedIn, UnknownBatch, BrokenLedger, and Refused.
    """
    person = require_person(request)
    batch = request.match_info["batch"]
    if not is_batch_id(batch):
        raise UnknownBatch(batch)
    # Asked first, since a batch whose records are damaged cannot tell its route.
    route = require_route(request, batch_route(BatchId(batch)), act)
    history = await request.app[DESK].tools.ledger.read(BatchId(batch))
    return PermittedBatch(history, route, person)
