"""Who may see a document and who may decide about it: as with its route, and none of other routes."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from jobs.model.errors import UnknownDocument
from jobs.model.names import DocumentId, RouteName, is_document_id
from jobs.model.text import Text
from worker.desk.document_facts import DocumentFacts
from worker.desk.errors import Refused
from worker.desk.permissions import require_person, require_route, routes_of
from worker.desk.ports import DESK
from worker.desk.sessions import SignedInPerson


@dataclass(frozen=True, slots=True)
class PermittedDocument:
    """A document, and a person who may see it; `may_act` where they may open it and decide about it."""

    facts: DocumentFacts
    person: SignedInPerson
    may_act: bool


async def require_document(request: web.Request) -> PermittedDocument:
    """The document in the address. Raises NotSignedIn, UnknownDocument, and Refused for one of another route."""
    person = require_person(request)
    facts = await request.app[DESK].documents.trace(read_document(request.match_info["document"]))
    if facts.route is not None:
        require_route(request, facts.route)
    return PermittedDocument(facts, person, may_act=may_act(request, facts.route))


async def require_decision(request: web.Request) -> PermittedDocument:
    """The same, for opening it and deciding about it. Raises Refused where the person may only see that it is there."""
    permitted = await require_document(request)
    if not permitted.may_act:
        raise of_no_route()
    return permitted


def read_document(text: str) -> DocumentId:
    """An id as somebody sent it. Raises UnknownDocument."""
    if not is_document_id(text):
        raise UnknownDocument("Its id is not one of ours.")
    return DocumentId(text)


def may_see(request: web.Request, route: RouteName | None) -> bool:
    """Whether the person may see what belongs to that route: what belongs to none is everybody's, or nobody would."""
    return route is None or may_act(request, route)


def may_act(request: web.Request, route: RouteName | None) -> bool:
    """Whether the person may decide about it: what belongs to no route, only who is of every route.

    It may be anybody's, so nobody opens it who could not have opened it in its own.
    """
    person, tools = require_person(request), request.app[DESK].tools
    mine = {each.name for each in routes_of(person.code, tools)}
    return mine == set(tools.routes) if route is None else route in mine


def of_no_route() -> Refused:
    """The person is not of every route."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This belongs to no route"),
        Text("Only somebody who approves every route may open it or decide about it. Ask the administrator of zimogs."),
    )
