"""Who may see a document and who may decide about it: as with its route, and none of other routes."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from jobs.model.errors import UnknownDocument
from jobs.model.names import DocumentId, RouteName, is_document_id
from jobs.model.roles import Action
from jobs.model.text import Text
from worker.desk.document_facts import DocumentFacts
from worker.desk.errors import Refused, not_of_this_route
from worker.desk.permissions import require_person, require_route, routes_of
from worker.desk.ports import DESK
from worker.desk.sessions import SignedInPerson


@dataclass(frozen=True, slots=True)
class PermittedDocument:
    """A document, and a person who may see it: whether they may open its files, too, and decide about it."""

    facts: DocumentFacts
    person: SignedInPerson
    may_open: bool
    may_decide: bool


async def require_document(request: web.Request) -> PermittedDocument:
    """The document in the address. Raises NotSignedIn, UnknownDocument, and Refused for one of another route."""
    person = require_person(request)
    facts = await request.app[DESK].documents.trace(read_document(request.match_info["document"]))
    if facts.route is not None and not is_seen(request, facts.route):
        raise not_of_this_route(facts.route)
    may_open, may_decide = (is_allowed(request, facts.route, action) for action in (Action.SEE, Action.RETRY))
    return PermittedDocument(facts, person, may_open, may_decide)


async def require_files(request: web.Request) -> PermittedDocument:
    """The same, for opening its files. Raises Refused where the person may only see that it is there."""
    permitted = await require_document(request)
    if not permitted.may_open:
        raise of_no_route()
    return permitted


async def require_decision(request: web.Request) -> PermittedDocument:
    """The same, for deciding about it. Raises Refused."""
    permitted = await require_document(request)
    require_decisions(request, [permitted.facts.route])
    return permitted


def require_decisions(request: web.Request, routes: Iterable[RouteName | None]) -> None:
    """Let somebody pass who may decide about documents of all these routes. Raises Refused."""
    for route in routes:
        if route is not None and route in request.app[DESK].tools.routes:
            require_route(request, route, Action.RETRY)
        elif not is_allowed(request, route, Action.RETRY):
            raise of_no_route()


def read_document(text: str) -> DocumentId:
    """An id as somebody sent it. Raises UnknownDocument."""
    if not is_document_id(text):
        raise UnknownDocument("Its id is not one of ours.")
    return DocumentId(text)


def is_seen(request: web.Request, route: RouteName | None) -> bool:
    """Whether the person may see what belongs to that route: what belongs to none is everybody's, or nobody would."""
    return route is None or is_allowed(request, route, Action.SEE)


def is_allowed(request: web.Request, route: RouteName | None, action: Action) -> bool:
    """Whether the person may do that in the route.

    With what belongs to none, or to one that the settings have no more, only who may do it in every route: it may be
    anybody's, and nobody opens it who could not have opened it in its own.
    """
    person, tools = require_person(request), request.app[DESK].tools
    mine = {each.name for each in routes_of(person.code, tools, action)}
    return route in mine if route in tools.routes else mine == set(tools.routes)


def of_no_route() -> Refused:
    """The person is not of every route."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This belongs to no route"),
        Text(
            "Only somebody who may do this in every route may open it or decide about it. Ask the administrator of "
            "zimogs."
        ),
    )
