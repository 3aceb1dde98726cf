"""Errors as pages: the desk's refusals, the stories' errors, the vendor's failures and our own."""

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.errors import IllegalTransition, NotApprovable, Outrun, Permanent, SealingError, UnknownBatch
from worker.desk.ports import AnotherPerson
from worker.desk.refusals import NotSignedIn, Refused
from worker.desk.rendering import page, redirect
from worker.desk.sessions import VISIT

log = structlog.get_logger()

NO_SUCH_BATCH = "Check the address, or go back to the desk."
MOVED_ON = "Somebody else, or the worker, was faster. Look at the batch again: its page shows how it stands now."
SOMEBODY_ELSE = "{} came back from eParaksts, but another person is signed in here. Nothing was changed."
NOT_NOW = "{}. Nothing was changed and nothing was sealed. Go back to the desk and try again in a minute."
OUR_FAULT = "The fault is ours and was logged. No document is lost. Go back to the desk and look again in a minute."


@web.middleware
async def errors_as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no exception leave as anything but a page."""
    try:
        return await handler(request)
    except NotSignedIn:
        return _to_the_door(request)
    except Exception as error:  # noqa: BLE001  whatever it is, a person shall read a sentence
        refused = explained(error)
        if refused.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            log.exception("page broke", method=request.method, path=request.path)
        return page(request, "refused.html", refused.status, refused=refused)


def explained(error: Exception) -> Refused:
    """Say what an error means for the person, and how the answer is numbered."""
    match error:
        case Refused():
            return error
        case web.HTTPException():
            return _unfit(error.status)
        case UnknownBatch():
            return Refused(HTTPStatus.NOT_FOUND, "There is no such batch", NO_SUCH_BATCH)
        case NotApprovable():
            return Refused(HTTPStatus.CONFLICT, "This cannot be approved now", str(error))
        case IllegalTransition() | Outrun():
            return Refused(HTTPStatus.CONFLICT, "The batch has moved on", MOVED_ON)
        case AnotherPerson():
            return Refused(HTTPStatus.FORBIDDEN, "That was somebody else", SOMEBODY_ELSE.format(error))
        case Permanent():
            return Refused(HTTPStatus.BAD_GATEWAY, "eParaksts does not go along", str(error))
        case SealingError():
            return Refused(HTTPStatus.BAD_GATEWAY, "eParaksts did not answer", NOT_NOW.format(error))
        case _:
            return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke", OUR_FAULT)


def _unfit(status: int) -> Refused:
    known = HTTPStatus(status)
    if known is HTTPStatus.NOT_FOUND:
        return Refused(known, "There is no such page", "Check the address, or go back to the desk.")
    return Refused(known, known.phrase, "The desk cannot answer this. Go back and begin again.")


def _to_the_door(request: web.Request) -> web.Response:
    if request.method == "GET":
        request[VISIT].wants(request.path)
    return redirect("/")
