"""The desk as an aiohttp application: which address leads to which page, and what lies around all of them."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from worker.desk.cookie import ending_middleware, session_middleware
from worker.desk.errors import show_errors
from worker.desk.language import switch_language
from worker.desk.limits import LIMIT, DialogLimit
from worker.desk.navigation import count_quarantined
from worker.desk.pages import (
    approval,
    batches,
    callback,
    documents,
    enrolment,
    events,
    freezing,
    one_document,
    overview,
    quarantine,
    seals,
    search,
    sign_in,
    sitting,
)
from worker.desk.ports import DESK, DeskContext
from worker.desk.security import add_headers, check_form
from worker.desk.watching import Watcher, look_at_routes

log = structlog.get_logger()

NOTHING_APART: Mapping[str, web.Application] = MappingProxyType({})
LARGEST_FORM = 64 * 1024
STATIC = Path(__file__).parent / "static"

# HEAD is not answered: it would spend a dialog that the GET after it needs.
ROUTES = (
    web.get("/", overview.overview, allow_head=False),
    web.post("/sign-in", sign_in.sign_in),
    web.post("/sign-out", sign_in.sign_out),
    web.get("/signed-out", sign_in.farewell, allow_head=False),
    web.get("/callback", callback.callback, allow_head=False),
    web.get("/events", events.events, allow_head=False),
    web.get("/approve-all", sitting.preview, allow_head=False),
    web.post("/approve-all", sitting.begin),
    web.get("/sitting", sitting.show, allow_head=False),
    web.get("/sitting/next", sitting.go_on, allow_head=False),
    web.post("/sitting/go-on", sitting.resume),
    web.post("/sitting/leave-out", sitting.leave_out),
    web.post("/sitting/stop", sitting.stop),
    web.get("/seals", seals.seals, allow_head=False),
    web.post("/language", switch_language),
    web.post("/seals/enrol", enrolment.enrol),
    web.get("/quarantine", quarantine.quarantine, allow_head=False),
    web.post("/quarantine/retry", quarantine.retry),
    web.post("/quarantine/dismiss", quarantine.dismiss),
    web.post("/quarantine/{document}/reinstate", quarantine.reinstate),
    web.get("/quarantine/{document}/original", quarantine.original, allow_head=False),
    web.get("/quarantine/{document}/sealed", quarantine.sealed_file, allow_head=False),
    web.get("/documents/{document}", one_document.document, allow_head=False),
    web.get("/documents/{document}/original", one_document.original, allow_head=False),
    web.get("/documents/{document}/sealed", one_document.sealed_file, allow_head=False),
    web.get("/documents/{document}/sidecar", one_document.sidecar, allow_head=False),
    web.get("/batches/{batch}/evidence", one_document.evidence, allow_head=False),
    web.post("/routes/{route}/gather", overview.gather),
    web.get("/batches", search.batches, allow_head=False),
    web.get("/search", search.search, allow_head=False),
    web.post("/routes/{route}/freeze", freezing.freeze),
    web.post("/routes/{route}/unfreeze", freezing.unfreeze),
    web.get("/batches/{batch}", batches.batch, allow_head=False),
    web.get("/batches/{batch}/documents/{document}", documents.document, allow_head=False),
    web.get("/batches/{batch}/documents/{document}/files/{number}", documents.data_file, allow_head=False),
    web.get("/batches/{batch}/documents/{document}/picture", documents.picture, allow_head=False),
    web.post("/batches/{batch}/approve", approval.approve),
    web.get("/batches/{batch}/authorize", approval.authorize, allow_head=False),
    web.post("/batches/{batch}/ask-again", batches.ask_again),
    web.post("/batches/{batch}/release", batches.release),
    web.post("/batches/{batch}/abandon", batches.abandon),
    web.static("/static", STATIC),
)


def desk_application(desk: DeskContext, apart: Mapping[str, web.Application] = NOTHING_APART) -> web.Application:
    """Put the desk together. Nothing is connected or opened here; other routes may be added to it.

    What is `apart` is served below its prefix, and knows no session, form or error page of the desk.
    """
    # Where sessions are looked up may be away, which is told on a page like every error.
    within = (show_errors, ending_middleware(desk), count_quarantined, check_form)
    around_pages = (log_access, session_middleware(desk), *within)
    application = web.Application(middlewares=map(_around_pages_alone, around_pages), client_max_size=LARGEST_FORM)
    for prefix, other in apart.items():
        application.add_subapp(prefix, other)
    application[DESK] = desk
    application[LIMIT] = DialogLimit(desk.settings.dialogs_per_address)
    watcher = application[events.WATCHER] = Watcher(partial(look_at_routes, desk))

    async def end_streams(_: web.Application) -> None:
        await watcher.close()

    # A stream has no end of its own, and would hold up the end of the process.
    application.on_shutdown.append(end_streams)
    application.add_routes(ROUTES)
    add_headers(application, desk.settings)
    return application


def _around_pages_alone(middleware: Middleware) -> Middleware:
    """The same, left out for what is served apart."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_page = request.match_info.apps[-1] is request.app
        return await (middleware(request, handler) if is_page else handler(request))

    return around


@web.middleware
async def log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write one line per request; pages that were only read and probes are for those who want to see everything.

    The line has method, path, status and seconds, and never the query: callbacks carry one-time codes in theirs.
    """
    begun = time.perf_counter()
    response = await handler(request)
    write = log.debug if request.method == "GET" and response.status < web.HTTPBadRequest.status_code else log.info
    seconds = round(time.perf_counter() - begun, 3)
    write("request", method=request.method, path=request.path, status=response.status, seconds=seconds)
    return response
