"""What the desk says no to, and errors as pages: its own refusals, the stories' errors, the vendor's and our own."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.model.errors import (
    BrokenLedger,
    Conflict,
    DroppedBatch,
    IllegalTransition,
    LostKey,
    NewerFormat,
    NotApprovable,
    NotThisPersons,
    Permanent,
    SealExpired,
    SealingError,
    SealRefused,
    UnknownBatch,
    UnknownDocument,
    WrongClock,
)
from jobs.model.standstill import WORDS, Cause
from jobs.model.text import Text, Written
from worker.desk.consent import AnotherPerson
from worker.desk.language import page_address
from worker.desk.rendering import redirect, render_page
from worker.desk.sessions import SESSION
from worker.queue.causes import cause_of
from worker.storage.explanation import NotQuarantined

log = structlog.get_logger()

CHECK = Text("Check the address, or go back to the desk.")
DROPPED = Text("The settings keep the ledger for a limited time, and its records were dropped. Nothing is to be done.")
MOVED_ON = Text("Somebody else, or the worker, was faster. Look at the batch again: its page shows how it stands now.")
MOVED_ON_DOCUMENT = Text("Somebody else was faster. Look at the document again: its page shows how it stands now.")
LOST_KEY = Text.of_sentences(
    WORDS[Cause.KEY_LOST].meaning, Text("Ask the administrator of zimogs. No document is lost.")
)
OUR_FAULT = Text(
    "The fault is ours and was logged. No document is lost. Go back to the desk and look again in a minute."
)
BEGIN_AGAIN = Text("The desk cannot answer this. Go back and begin again.")


def _repeat(why: str) -> str:
    return Written(why)


def _name_the_other(name: str) -> Text:
    return Text(
        "{name} came back from eParaksts, but another person is signed in here. Nothing was changed.", name=name
    )


def _advise_patience(why: str) -> Text:
    return Text(
        "{why}. Nothing was changed and nothing was sealed. Go back to the desk and try again in a minute.",
        why=Written(why),
    )


def _advise_repair(why: str) -> Text:
    return Text(
        "Its records are damaged: {why}. It moves no further, and nothing else is touched by that. Ask the "
        "administrator of zimogs to run `zimogs repair` with the name of this batch: that says what is known of it "
        "and leads to an end.",
        why=Written(why),
    )


def _advise_right_clock(why: str) -> Text:
    return Text("{why}. Nothing was changed and nothing was sealed. Ask the administrator of zimogs.", why=Written(why))


def _tell_seal_is_kept(why: str) -> Text:
    return Text.of_sentences(Written(why), Text("Nothing was changed: a seal that was enrolled before is kept."))


Advise = Callable[[str], str]
MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], HTTPStatus, Text, Advise], ...] = (
    (DroppedBatch, HTTPStatus.GONE, Text("This batch is kept no longer"), lambda _: DROPPED),
    (UnknownBatch, HTTPStatus.NOT_FOUND, Text("There is no such batch"), lambda _: CHECK),
    (UnknownDocument, HTTPStatus.NOT_FOUND, Text("There is no such document"), lambda _: CHECK),
    (NotQuarantined, HTTPStatus.CONFLICT, Text("It is not in quarantine any more"), lambda _: MOVED_ON_DOCUMENT),
    (NotApprovable, HTTPStatus.CONFLICT, Text("This cannot be approved now"), _repeat),
    ((IllegalTransition, Conflict), HTTPStatus.CONFLICT, Text("The batch has moved on"), lambda _: MOVED_ON),
    (AnotherPerson, HTTPStatus.FORBIDDEN, Text("That was somebody else"), _name_the_other),
    (NewerFormat, HTTPStatus.CONFLICT, Text("This batch was written by a newer zimogs"), _repeat),
    (LostKey, HTTPStatus.SERVICE_UNAVAILABLE, Text("The key of the ledger is lost"), lambda _: LOST_KEY),
    (BrokenLedger, HTTPStatus.CONFLICT, Text("This batch is set apart"), _advise_repair),
    (WrongClock, HTTPStatus.CONFLICT, Text("The clock of zimogs is wrong"), _advise_right_clock),
    ((SealExpired, SealRefused), HTTPStatus.CONFLICT, Text("This seal cannot be used"), _tell_seal_is_kept),
    (NotThisPersons, HTTPStatus.CONFLICT, Text("This seal cannot be enrolled by this person"), _tell_seal_is_kept),
    (Permanent, HTTPStatus.BAD_GATEWAY, Text("eParaksts does not go along"), _repeat),
    (SealingError, HTTPStatus.BAD_GATEWAY, Text("eParaksts did not answer"), _advise_patience),
)
"""What an error means; the first kind that fits counts, and what a person can do may hold the error's own words."""


_BELOW_THE_DESK = frozenset(
    {Cause.REDIS_AWAY, Cause.REDIS_FULL, Cause.REDIS_READ_ONLY, Cause.DISK_FULL, Cause.STORAGE_AWAY}
)


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
        # A picture, or a page that looks again by itself, is nothing that a person wants to see after signing in.
        if request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document":
            request[SESSION].remember_path(page_address(request))
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
        return Refused(HTTPStatus.NOT_FOUND, Text("There is no such page"), CHECK)
    if isinstance(error, TimeoutError):
        return Refused(HTTPStatus.REQUEST_TIMEOUT, Text("That took too long"), BEGIN_AGAIN)
    if isinstance(error, web.HTTPException):
        return Refused(HTTPStatus(error.status), Text("This page cannot do that"), BEGIN_AGAIN)
    cause = cause_of(error)
    unknown = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, Text("Something broke"), OUR_FAULT)
    if cause in _BELOW_THE_DESK:
        # It is nobody's fault who is here; anything else is ours, and logged whole.
        advice = Text.of_sentences(*WORDS[cause])
        unknown = Refused(HTTPStatus.SERVICE_UNAVAILABLE, Text("This cannot be done now"), advice)
    meanings = (
        Refused(status, heading, advise(str(error).partition("\n")[0]))
        for kinds, status, heading, advise in MEANINGS
        if isinstance(error, kinds)
    )
    return next(meanings, unknown)


def not_an_approver(name: str, code: str) -> Refused:
    """Nobody named this person as an approver."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("You are not an approver yet"),
        Text(
            "You came as {name} ({code}). Ask the administrator of zimogs to add this personal code to the "
            "approvers of a route in zimogs.toml, then sign in again.",
            name=name,
            code=code,
        ),
    )


def not_of_this_route(route: str) -> Refused:
    """The person approves other routes, but not this one."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This belongs to another route"),
        Text(
            "You are not on the list of approvers of route {route}. If you should be, ask the administrator of zimogs.",
            route=route,
        ),
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
    """The callback's state is unknown, used or expired."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        Text("This link was used already"),
        Text(
            "Answers from eParaksts can be used once, soon, and only in the browser that asked for them. "
            "Nothing was changed and nothing was sealed. Go back to the desk and begin again."
        ),
    )


def dialog_of_another_session() -> Refused:
    """The callback's state is good, and the session that began it is not this one."""
    return Refused(
        HTTPStatus.BAD_REQUEST,
        Text("Your session on the desk is over"),
        Text(
            "It ended while you were at eParaksts, or you began in another browser. Nothing was changed and nothing "
            "was sealed. Go back to the desk, sign in and begin again."
        ),
    )


def form_not_ours() -> Refused:
    """The form does not repeat the session's secret."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This form is out of date"),
        Text("Your session ended while the page was open. Nothing was changed. Go back to the desk and try again."),
    )


def no_seal_of_yours(label: str) -> Refused:
    """No route that the person approves uses this seal."""
    return Refused(
        HTTPStatus.FORBIDDEN,
        Text("This seal is not yours to enrol"),
        Text(
            "None of the routes that you approve uses the seal “{label}”. Only its approvers can enrol a seal.",
            label=label,
        ),
    )


def no_longer_kept(name: str) -> Refused:
    """The original of a document is not kept here any more."""
    return Refused(
        HTTPStatus.GONE,
        Text("This document is not here any more"),
        Text("The original of “{name}” is kept no longer: it was sealed and taken away, or retried.", name=name),
    )
