"""All batches ever, page by page; and documents found by what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby

from aiohttp import web

from jobs.model.names import BatchId, RouteName
from jobs.model.text import Text
from worker.desk.errors import Refused, not_an_approver
from worker.desk.listing import BatchQuery, read_page, search_address
from worker.desk.permissions import require_person, routes_of
from worker.desk.ports import DESK
from worker.desk.rendering import render_page
from worker.desk.standings import BADGES, describe_ending
from worker.storage.index.batch_index import FoundDocuments
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.index.entries import IndexedDocument
from worker.storage.index.question import LONGEST, Question


@dataclass(frozen=True, slots=True)
class Found:
    """Documents of one batch that fit a question, the newest first."""

    batch: BatchId
    documents: Sequence[IndexedDocument]


async def batches(request: web.Request) -> web.Response:
    """Show one page of all batches of the person's routes, the newest first."""
    routes = _permitted_routes(request)
    query = BatchQuery.read(request.query, routes)
    try:
        page = await request.app[DESK].index.list_batches(query.filter(routes), query.page)
    except (IndexUnusable, TooMuchWork) as error:
        raise _not_now(error) from error
    return render_page(request, "batches.html", query=query, page=page, routes=sorted(routes), badges=BADGES)


async def search(request: web.Request) -> web.Response:
    """Show documents that fit what was typed, of the person's routes, by their batches."""
    routes = _permitted_routes(request)
    text = request.query.get("q", "")[:LONGEST]
    question = Question.read(text)
    page: FoundDocuments | None = None
    if not question.is_empty:
        try:
            page = await request.app[DESK].index.find_documents(question, routes, read_page(request.query))
        except IndexUnusable as error:
            raise _not_now(error) from error
    by_batch = groupby(page.documents if page else (), key=lambda document: document.batch)
    found = tuple(Found(batch, tuple(documents)) for batch, documents in by_batch)
    values = {"text": text, "page": page, "found": found}
    return render_page(request, "search.html", **values, address_of=search_address, describe_ending=describe_ending)


def _permitted_routes(request: web.Request) -> frozenset[RouteName]:
    person = require_person(request)
    routes = frozenset(route.name for route in routes_of(person.code, request.app[DESK].tools))
    if not routes:
        raise not_an_approver(person.name, person.code)
    return routes


def _not_now(error: Exception) -> Refused:
    if isinstance(error, TooMuchWork):
        advice = Text("There are too many batches to look through at once. Choose a route or a shorter span of time.")
        return Refused(HTTPStatus.SERVICE_UNAVAILABLE, Text("That took too long"), advice)
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Text("The list of all batches is being made"),
        Text(
            "It is made of the records whenever it is missing, which takes some minutes. Approving and sealing go on "
            "meanwhile. Try again in a minute; if it stays so, ask the administrator of zimogs to look at its log."
        ),
        retry_after=60,
    )
