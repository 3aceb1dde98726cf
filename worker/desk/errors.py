"""Errors as pages: the desk's refusals, the stories' errors, the vendor's failures and our own."""

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.model.errors import Conflict, IllegalTransition, NotApprovable, Permanent, SealingError, UnknownBatch
from worker.desk.ports import AnotherPerson
from worker.desk.refusals import NotSignedIn, Refused
from worker.desk.rendering import page, redirect
from worker.desk.sessions import VISIT

log = structlog.get_logger()

CHECK = "Check the address, or go back to the desk."
MOVED_ON = "Somebody else, or the worker, was faster. Look at the batch again: its page shows how it stands now."
SOMEBODY_ELSE = "{} came back from eParaksts, but another person is signed in here. Nothing was changed."
NOT_NOW = "{}. Nothing was changed and nothing was sealed. Go back to the desk and try again in a minute."
OUR_FAULT = "The fault is ours and was logged. No document is lost. Go back to the desk and look again in a minute."

MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], HTTPStatus, str, str], ...] = (
    (UnknownBatch, HTTPStatus.NOT_FOUND, "There is no such batch", CHECK),
    (NotApprovable, HTTPStatus.CONFLICT, "This cannot be approved now", "{}"),
    ((IllegalTransition, Conflict), HTTPStatus.CONFLICT, "The batch has moved on", MOVED_ON),
    (AnotherPerson, HTTPStatus.FORBIDDEN, "That was somebody else", SOMEBODY_ELSE),
    (Permanent, HTTPStatus.BAD_GATEWAY, "eParaksts does not go along", "{}"),
    (SealingError, HTTPStatus.BAD_GATEWAY, "eParaksts did not answer", NOT_NOW),
)
"""What an error means; the first kind that fits counts, and its sentence may hold the error's own."""


@web.middleware
async def errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no exception leave as anything but a page."""
    try:
        return await handler(request)
    except NotSignedIn:
        return _to_the_door(request)
    except Exception as error:
        refused = explained(error)
        if refused.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            log.exception("page broke", method=request.method, path=request.path)
        return page(request, "refused.html", refused.status, refused=refused)


def explained(error: Exception) -> Refused:
    """Say what an error means for the person, and how the answer is numbered."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, web.HTTPException):
        return _unfit(HTTPStatus(error.status))
    meanings = (
        Refused(status, heading, advice.format(error))
        for kinds, status, heading, advice in MEANINGS
        if isinstance(error, kinds)
    )
    return next(meanings, Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke", OUR_FAULT))


def _unfit(status: HTTPStatus) -> Refused:
    if status is HTTPStatus.NOT_FOUND:
        return Refused(status, "There is no such page", CHECK)
    return Refused(status, status.phrase, "The desk cannot answer this. Go back and begin again.")


def _to_the_door(request: web.Request) -> web.Response:
    if request.method == "GET":
        request[VISIT].wants(request.path)
    return redirect("/")
