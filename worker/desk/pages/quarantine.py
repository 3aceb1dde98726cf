"""The quarantine: what lies there and why, and what a person decides about it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from itertools import zip_longest

import structlog
from aiohttp import web
from multidict import MultiMapping

from jobs.model.documents import Document, sealed_name
from jobs.model.duplicates import Duplicate
from jobs.model.names import DocumentId, RouteName
from jobs.model.roles import Action
from jobs.model.text import Text
from worker.desk.errors import Refused
from worker.desk.pages.one_document import not_there, send_original, unarchived_file
from worker.desk.permissions import require_person, routes_of
from worker.desk.permitted_documents import (
    is_allowed,
    is_seen,
    read_document,
    require_decision,
    require_decisions,
    require_files,
)
from worker.desk.ports import DESK, DeskContext
from worker.desk.quarantine_list import PAGE, QuarantineChoice, QuarantinePage
from worker.desk.reason_titles import TITLES
from worker.desk.rendering import redirect, render_page
from worker.desk.resending_words import summarize
from worker.desk.sending import open_original, send
from worker.desk.sessions import SESSION
from worker.storage.explanation import LONGEST_WHY, Dismissal, NotQuarantined

log = structlog.get_logger()

PATIENCE = 20.0
"""Seconds that somebody waits for documents to be taken in; what takes longer goes on without them."""
_UNDER_WAY: set[asyncio.Task[None]] = set()
"""What goes on without anybody waiting: the loop itself would forget it."""


async def quarantine(request: web.Request) -> web.Response:
    """List what the person may see, newest first."""
    person, desk = require_person(request), request.app[DESK]
    routes = [route.name for route in routes_of(person.code, desk.tools)]
    choice = QuarantineChoice.of(request.query, routes)
    room = desk.documents.quarantine
    entries = await (room.dismissed_entries() if choice.dismissed else room.entries())
    page = QuarantinePage.of([one for one in entries if is_seen(request, one.explanation.route)], choice)
    groups = {one.explanation.route for group in page.groups for one in group.entries}
    may_decide = {route: is_allowed(request, route, Action.RETRY) for route in groups}
    strays = [] if choice.dismissed else await desk.documents.find_strays()
    return render_page(
        request,
        "quarantine.html",
        page=page,
        routes=routes,
        may_open={route: is_allowed(request, route, Action.SEE) for route in groups},
        may_decide=may_decide,
        strays=[stray for stray in strays if is_seen(request, stray.route)],
        titles=TITLES,
        longest=LONGEST_WHY,
        now=desk.tools.now(),
    )


async def retry(request: web.Request) -> web.Response:
    """Send the chosen documents through again, as `zimogs retry` does. Raises Refused and NotQuarantined."""
    form = await request.post()
    documents = await _require_chosen(request, form)
    again = form.get("again") == "yes"
    task = asyncio.create_task(_send_again(request, documents, again=again))
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    if done:
        task.result()
    else:
        request[SESSION].flash(Text("They are still being looked at; this goes on by itself. Look again in a while."))
    return redirect(_way_back(form, documents))


async def dismiss(request: web.Request) -> web.Response:
    """Put the chosen documents aside for good, with a reason. Raises Refused and NotQuarantined."""
    form = await request.post()
    documents = await _require_chosen(request, form)
    why = " ".join(str(form.get("why", "")).split())
    if not why or len(why) > LONGEST_WHY:
        raise no_reason()
    person, desk = require_person(request), request.app[DESK]
    dismissal = Dismissal(by=person.code, name=person.name, at=desk.tools.now(), why=why)
    done = [document for document in documents if await _put_aside(document, dismissal, desk)]
    if not done:
        raise NotQuarantined
    for document in done:
        log.info("document put aside for good", document=document, approver=desk.documents.name_in_log(person.code))
    text = Text.counted(
        "{count} document was put aside for good. It can be taken back.",
        "{count} documents were put aside for good. They can be taken back.",
        len(done),
    )
    request[SESSION].flash(text, "good")
    return redirect(_way_back(form, documents))


async def _put_aside(document: DocumentId, dismissal: Dismissal, desk: DeskContext) -> bool:
    """Whether it could be: one that somebody else has just dealt with takes none of the others along."""
    try:
        await desk.documents.quarantine.dismiss(document, dismissal)
    except NotQuarantined:
        return False
    return True


async def reinstate(request: web.Request) -> web.Response:
    """Take it back that a document was put aside for good. Raises Refused and NotQuarantined."""
    permitted, desk = await require_decision(request), request.app[DESK]
    document = permitted.facts.document
    await desk.documents.quarantine.reinstate(document)
    log.info("document taken back", document=document, approver=desk.documents.name_in_log(permitted.person.code))
    request[SESSION].flash(Text("It is in quarantine again, and waits for somebody."), "good")
    return redirect(f"/documents/{document}")


async def original(request: web.Request) -> web.StreamResponse:
    """Open the original, or keep it where `?download` says so. Raises Refused and NotQuarantined."""
    permitted = await require_files(request)
    if permitted.facts.entry is None:
        raise NotQuarantined
    return await send_original(request, permitted.facts)


async def sealed_file(request: web.Request) -> web.StreamResponse:
    """The sealed file of a document that lacks nothing but its archive timestamp. Raises Refused."""
    facts = (await require_files(request)).facts
    path = unarchived_file(facts, request.app[DESK].documents.layout)
    if path is None or facts.received is None or facts.history is None:
        raise not_there()
    name = sealed_name(facts.received, facts.history.gathered.profile.format)
    return await send(request, await asyncio.to_thread(open_original, path, name, is_shown=False))


async def _require_chosen(request: web.Request, form: MultiMapping[object]) -> Sequence[DocumentId]:
    """The chosen documents, as far as they are there. Raises NotQuarantined where none of them is.

    Raises Refused where none is chosen, too many, or one that is not the person's to decide.
    """
    require_person(request)
    chosen = [read_document(str(text)) for text in dict.fromkeys(form.getall("document", []))]
    if not 0 < len(chosen) <= PAGE:
        raise none_chosen()
    found: dict[DocumentId, RouteName | None] = {}
    for document in chosen:
        # One that somebody else has just dealt with takes none of the others along.
        with suppress(NotQuarantined):
            found[document] = (await request.app[DESK].documents.quarantine.find(document)).explanation.route
    if not found:
        raise NotQuarantined
    require_decisions(request, set(found.values()))
    return tuple(found)


async def _send_again(request: web.Request, documents: Sequence[DocumentId], *, again: bool) -> None:
    desk, person = request.app[DESK], require_person(request)
    outcomes = await desk.documents.send_again(documents, again=again)
    by = desk.documents.name_in_log(person.code)
    for document, outcome in zip_longest(documents, outcomes):
        own = outcome.document if isinstance(outcome, Duplicate) else outcome
        became = own.id if isinstance(own, Document) else None
        earlier = outcome.earlier.document if isinstance(outcome, Duplicate) else None
        refused = None if became else str(outcome)
        log.info("document sent again", document=document, became=became, same_as=earlier, approver=by, refused=refused)
    request[SESSION].flash(*summarize(outcomes))


def _way_back(form: MultiMapping[object], documents: Sequence[DocumentId]) -> str:
    """Where the form was: one document's own page, or the list as it was chosen."""
    if form.get("from") == "document" and len(documents) == 1:
        return f"/documents/{documents[0]}"
    return "/quarantine"


def none_chosen() -> Refused:
    """No document is marked, or more than one page has."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        Text("No document was chosen"),
        Text("Nothing was changed. Go back, mark the documents that you mean, and try again."),
    )


def no_reason() -> Refused:
    """A document is not put aside for good without a reason that others can read."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        Text("Say why"),
        Text(
            "Nothing was changed. Go back and write, in a sentence of at most 500 letters, why nobody has to look at "
            "it."
        ),
    )
