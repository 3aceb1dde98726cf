"""Single documents: how they stand, lists of them, sending them again and taking them back."""

from http import HTTPStatus

from aiohttp import web

from jobs.model.errors import UnknownDocument
from jobs.model.names import DocumentId, is_document_id
from worker.api.addresses import location
from worker.api.authentication import is_callers, require_route
from worker.api.listing import read_query
from worker.api.ports import API, CALLER
from worker.api.problems import ApiError, ProblemType
from worker.api.replies import reply
from worker.api.views import DocumentState, DocumentView

_NOT_ALONE = (
    "It is in batch {batch}, which is frozen: what a person approves is the whole of it, and no document leaves it "
    "alone. Cancel the batch on the desk, or let it be sealed."
)
_NOT_WAITING = "It does not wait for a batch: it is {state}. Only what waits can be taken back."


async def show(request: web.Request) -> web.StreamResponse:
    """How the document stands. Raises UnknownDocument."""
    return reply(await require_document(request))


async def list_page(request: web.Request) -> web.StreamResponse:
    """A page of documents of the caller's routes. Raises ApiError."""
    route = request.query.get("route")
    routes = request[CALLER].routes if route is None else frozenset({require_route(request, route)})
    return reply(await request.app[API].documents.list(read_query(request.query, routes)))


async def retry(request: web.Request) -> web.StreamResponse:
    """Send it through once more. Raises NotQuarantined, UnknownDocument, ApiError and OSError."""
    view, found = await require_document(request), request.app[API].documents
    became = await found.retry(DocumentId(view.id))
    return reply(await found.find(became), HTTPStatus.CREATED, {"Location": location(became)})


async def cancel(request: web.Request) -> web.StreamResponse:
    """Take it back while it waits; doing it again changes nothing. Raises ApiError, UnknownDocument and OSError."""
    view, found = await require_document(request), request.app[API].documents
    if view.state is not DocumentState.CANCELLED:
        is_done = await found.cancel(DocumentId(view.id))
        view = await found.find(DocumentId(view.id))
        if not is_done:
            detail = _NOT_WAITING if view.batch is None or view.state is DocumentState.SEALED else _NOT_ALONE
            raise ApiError(ProblemType.CONFLICT, detail.format(batch=view.batch, state=view.state))
    return reply(view)


async def require_document(request: web.Request) -> DocumentView:
    """The document in the address. Raises UnknownDocument for one of others' routes too."""
    text = request.match_info["document"]
    if not is_document_id(text):
        raise UnknownDocument(text)
    view = await request.app[API].documents.find(DocumentId(text))
    if not is_callers(request[CALLER], view.route):
        raise UnknownDocument(text)
    return view
