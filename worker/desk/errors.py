"""What the desk says no to, and errors as pages: its own refusals, the stories' errors, the vendor's and our own."""

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.model.errors import (
    BrokenLedger,
    Conflict,
    IllegalTransition,
    LostKey,
    NewerFormat,
    NotApprovable,
    Permanent,
    SealExpired,
    SealingError,
    SealRefused,
    UnknownBatch,
    WrongClock,
)
from jobs.model.standstill import WORDS, Cause
from jobs.model.text import Text
from worker.desk.consent import AnotherPerson
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION
from worker.queue.causes import cause_of

log = structlog.get_logger()

CHECK = "Check the address, or go back to the desk."
MOVED_ON = "Somebody else, or the worker, was faster. Look at the batch again: its page shows how it stands now."
SOMEBODY_ELSE = "{} came back from eParaksts, but another person is signed in here. Nothing was changed."
NOT_NOW = "{}. Nothing was changed and nothing was sealed. Go back to the desk and try again in a minute."
DAMAGED = (
    "Its records are damaged: {}. It moves no further, and nothing else is touched by that. Ask the administrator of "
    "zimogs to run `zimogs repair` with the name of this batch: that says what is known of it and leads to an end."
)
LOST_KEY = f"{WORDS[Cause.KEY_LOST].meaning} " + "Ask the administrator of zimogs. No document is lost."
WRONG_CLOCK = "{}. Nothing was changed and nothing was sealed. Ask the administrator of zimogs."
NOT_THIS_SEAL = "{} Nothing was changed: a seal that was enrolled before is kept."
OUR_FAULT = "The fault is ours and was logged. No document is lost. Go back to the desk and look again in a minute."
BEGIN_AGAIN = "The desk cannot answer this. Go back and begin again."

MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], HTTPStatus, str, str], ...] = (
    (UnknownBatch, HTTPStatus.NOT_FOUND, "There is no such batch", CHECK),
    (NotApprovable, HTTPStatus.CONFLICT, "This cannot be approved now", "{}"),
    ((IllegalTransition, Conflict), HTTPStatus.CONFLICT, "The batch has moved on", MOVED_ON),
    (AnotherPerson, HTTPStatus.FORBIDDEN, "That was somebody else", SOMEBODY_ELSE),
    (NewerFormat, HTTPStatus.CONFLICT, "This batch was written by a newer zimogs", "{}"),
    (LostKey, HTTPStatus.SERVICE_UNAVAILABLE, "The key of the ledger is lost", LOST_KEY),
    (BrokenLedger, HTTPStatus.CONFLICT, "This batch is set apart", DAMAGED),
    (WrongClock, HTTPStatus.CONFLICT, "The clock of zimogs is wrong", WRONG_CLOCK),
    ((SealExpired, SealRefused), HTTPStatus.CONFLICT, "This seal cannot be used", NOT_THIS_SEAL),
    (Permanent, HTTPStatus.BAD_GATEWAY, "eParaksts does not go along", "{}"),
    (SealingError, HTTPStatus.BAD_GATEWAY, "eParaksts did not answer", NOT_NOW),
)
"""What an error means; the first kind that fits counts, and its sentence may hold the error's own."""


_BELOW_THE_DESK = frozenset({Cause.REDIS_AWAY, Cause.REDIS_FULL, Cause.REDIS_READ_ONLY, Cause.DISK_FULL})


class Refused(Exception):
    """The desk will not do this; the page says why and what to do."""

    def __init__(self, status: HTTPStatus, heading: str, advice: str, *, retry_after: int | None = None) -> None:
        super().__init__(heading)
        self.retry_after = retry_after
        self.status = status
        self.heading = heading
        self.advice = advice


class NotSignedIn(Exception):
    """The page is only for somebody who is signed in."""


@web.middleware
async def show_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no exception leave as anything but a page."""
    try:
        return await handler(request)
    except NotSignedIn:
        if request.method == "GET":
            request[SESSION].remember_path(request.path)
        return redirect("/")
    except Exception as error:
        refused = explain(error)
        if refused.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            log.exception("page broke", method=request.method, path=request.path)
        elif refused.status is HTTPStatus.SERVICE_UNAVAILABLE:
            log.warning("page fails", method=request.method, path=request.path, error=error)
        page = render_page(request, "refused.html", refused.status, refused=refused)
        if refused.retry_after is not None:
            page.headers["Retry-After"] = str(refused.retry_after)
        return page


def explain(error: Exception) -> Refused:
    """Say what an error means for the person, and how the answer is numbered."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, web.HTTPNotFound):
        return Refused(HTTPStatus.NOT_FOUND, "There is no such page", CHECK)
    if isinstance(error, TimeoutError):
        return Refused(HTTPStatus.REQUEST_TIMEOUT, "That took too long", BEGIN_AGAIN)
    if isinstance(error, web.HTTPException):
        status = HTTPStatus(error.status)
        return Refused(status, status.phrase, BEGIN_AGAIN)
    cause = cause_of(error)
    unknown = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke", OUR_FAULT)
    if cause in _BELOW_THE_DESK:
        # It is nobody's fault who is here; anything else is ours, and logged whole.
        advice = f"{WORDS[cause].meaning} {WORDS[cause].advice}"
        unknown = Refused(HTTPStatus.SERVICE_UNAVAILABLE, "This cannot be done now", advice)
    meanings = (
        Refused(status, heading, advice.format(str(error).partition("\n")[0]))
        for kinds, status, heading, advice in MEANINGS
        if isinstance(error, kinds)
    )
    return next(meanings, unknown)


def not_an_approver(name: str, code: str) -> Refused:
    """Nobody named this person as an approver."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "You are not an approver yet",
        f"You came as {name} ({code}). Ask the administrator of zimogs to add this personal code to the "
        "approvers of a route in zimogs.toml, then sign in again.",
    )


def not_of_this_route(route: str) -> Refused:
    """The person approves other routes, but not this one."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This belongs to another route",
        f"You are not on the list of approvers of route {route}. If you should be, ask the administrator of zimogs.",
    )


def not_allowed(route: str) -> Refused:
    """The person may see the route, and not do this in it."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This is not for you to do"),
        Text(
            "What you are in route {route} does not allow this. If it should, ask the administrator of zimogs to name "
            "you in that role in zimogs.toml.",
            route=route,
        ),
    )


def dialog_not_known() -> Refused:
    """The callback's state is unknown, used, expired, or of another browser."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        "This link was used already",
        "Answers from eParaksts can be used once, soon, and only in the browser that asked for them. "
        "Nothing was changed and nothing was sealed. Go back to the desk and begin again.",
    )


def form_not_ours() -> Refused:
    """The form does not repeat the session's secret."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This form is out of date",
        "Your session ended while the page was open. Nothing was changed. Go back to the desk and try again.",
    )


def no_seal_of_yours(label: str) -> Refused:
    """No route that the person approves uses this seal."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        "This seal is not yours to enrol",
        f"None of the routes that you approve uses the seal “{label}”. Only its approvers can enrol a seal.",
    )


def no_longer_kept(name: str) -> Refused:
    """The original of a document is not kept here any more."""
    return Refused(
        HTTPStatus.GONE,
        Text("This document is not here any more"),
        Text("The original of “{name}” is kept no longer: it was sealed and taken away, or retried.", name=name),
    )
