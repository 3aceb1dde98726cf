"""The desk as an aiohttp application: which address leads to which page, and what lies around all of them."""

from pathlib import Path

from aiohttp import web

from worker.desk.access import access_log
from worker.desk.admission import DESK
from worker.desk.errors import errors_as_pages
from worker.desk.pages import approval, batches, callback, enrolment, overview, signing_in
from worker.desk.ports import Desk
from worker.desk.security import forms_are_ours, mark_every_response
from worker.desk.sessions import sessions

LARGEST_FORM = 64 * 1024
STATIC = Path(__file__).parent / "static"

# HEAD is not answered: it would spend a dialog that the GET after it needs.
ROUTES = (
    web.get("/", overview.overview, allow_head=False),
    web.post("/sign-in", signing_in.sign_in),
    web.post("/sign-out", signing_in.sign_out),
    web.get("/callback", callback.callback, allow_head=False),
    web.post("/seals/enrol", enrolment.enrol),
    web.post("/routes/{route}/gather", overview.gather),
    web.get("/batches/{batch}", batches.batch, allow_head=False),
    web.post("/batches/{batch}/approve", approval.approve),
    web.get("/batches/{batch}/authorize", approval.authorize, allow_head=False),
    web.post("/batches/{batch}/abandon", batches.abandon),
    web.static("/static", STATIC),
)


def desk_application(desk: Desk) -> web.Application:
    """Put the desk together. Nothing is connected or opened here; other routes may be added to it."""
    application = web.Application(
        middlewares=[access_log, sessions(desk), errors_as_pages, forms_are_ours],
        client_max_size=LARGEST_FORM,
    )
    application[DESK] = desk
    application.add_routes(ROUTES)
    mark_every_response(application, desk.settings)
    return application
