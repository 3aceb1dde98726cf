"""Everything that the API says no with, as RFC 9457 problem details: one table, and errors as its rows."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.model.errors import BrokenLedger, DroppedBatch, LostKey, NewerFormat, UnknownBatch, UnknownDocument
from jobs.model.hand_in import BadHandIn, KeyReused, UnderWay
from jobs.model.metadata import BadMetadata
from jobs.model.standstill import WORDS
from jobs.model.text import Text
from worker.api.addresses import DOCS
from worker.api.views import PROBLEM_JSON, ProblemView
from worker.queue.causes import cause_of
from worker.storage.explanation import NotQuarantined
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.uploads import TooManyBytes

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of problem: the end of its `type`, its status, and its title."""

    slug: str
    status: HTTPStatus
    title: Text


class ProblemType(Enum):
    """Every kind there is. `type` is the address of its entry on the page of the API."""

    BAD_REQUEST = ProblemKind("bad-request", HTTPStatus.BAD_REQUEST, Text("This cannot be understood"))
    KEY_IN_QUERY = ProblemKind("key-in-address", HTTPStatus.BAD_REQUEST, Text("A key does not belong into an address"))
    NO_KEY = ProblemKind("key-needed", HTTPStatus.UNAUTHORIZED, Text("A key is needed"))
    NOT_ALLOWED = ProblemKind("not-allowed", HTTPStatus.FORBIDDEN, Text("The key does not allow this"))
    NOT_FOUND = ProblemKind("not-found", HTTPStatus.NOT_FOUND, Text("There is nothing here"))
    WRONG_METHOD = ProblemKind("wrong-method", HTTPStatus.METHOD_NOT_ALLOWED, Text("This address does not do that"))
    TOO_SLOW = ProblemKind("too-slow", HTTPStatus.REQUEST_TIMEOUT, Text("The request came too slowly"))
    CONFLICT = ProblemKind("not-now", HTTPStatus.CONFLICT, Text("It does not stand so that this can be done"))
    UNDER_WAY = ProblemKind("under-way", HTTPStatus.CONFLICT, Text("The same is being handed in at this moment"))
    GONE = ProblemKind("not-kept", HTTPStatus.GONE, Text("It is not kept here any more"))
    TOO_LARGE = ProblemKind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Text("It is too large"))
    WRONG_TYPE = ProblemKind(
        "wrong-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Text("It does not come in a form that is read")
    )
    NO_SUCH_RANGE = ProblemKind(
        "no-such-range", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, Text("The file is shorter")
    )
    EXPECTATION = ProblemKind("expectation", HTTPStatus.EXPECTATION_FAILED, Text("What is expected is not offered"))
    INVALID = ProblemKind(
        "invalid", HTTPStatus.UNPROCESSABLE_ENTITY, Text("What is said of the document cannot be used")
    )
    DIGEST = ProblemKind(
        "digest-differs", HTTPStatus.UNPROCESSABLE_ENTITY, Text("Other bytes came than were announced")
    )
    KEY_REUSED = ProblemKind(
        "idempotency-key-reused", HTTPStatus.UNPROCESSABLE_ENTITY, Text("The key was used for something else")
    )
    TOO_OFTEN = ProblemKind("too-often", HTTPStatus.TOO_MANY_REQUESTS, Text("That was too often"))
    BROKEN = ProblemKind("fault", HTTPStatus.INTERNAL_SERVER_ERROR, Text("Something broke"))
    UNAVAILABLE = ProblemKind("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, Text("This cannot be done now"))
    DISK_FULL = ProblemKind("disk-full", HTTPStatus.INSUFFICIENT_STORAGE, Text("There is no room on the disk"))

    @property
    def type(self) -> str:
        """The URI of the kind."""
        return f"{DOCS}#{self.value.slug}"


class ApiError(Exception):
    """The API will not do this; `detail` says what to do next."""

    def __init__(self, problem: ProblemType, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = headers or {}


KEY_REUSED = (
    "This Idempotency-Key came before with another file, name, route or metadata. Nothing was taken in. Use a new key "
    "for each document, and the same one only to send the same document once more."
)
UNDER_WAY = "A request with this Idempotency-Key is still under way. Send it again in a few seconds."
DISK_FULL = "There is no room on the disk of zimogs. Nothing was taken in. Tell its administrator, and send it again."
UNAVAILABLE = "Nothing was taken in or changed. Send it again in a minute; if it goes on, tell the administrator."
OUR_FAULT = "The fault is ours and was logged. No document is lost. Ask how the document stands, or send it again."
NO_DOCUMENT = (
    "No document of your routes has this id. One that was sent through again has a new id: the answer to that told it."
)
NO_BATCH = "No batch of your routes has this id."
DROPPED_BATCH = "The settings keep the ledger for a limited time, and its records were dropped. Nothing is to be done."
NOT_QUARANTINED = "It does not lie in quarantine, so there is nothing to send again. Ask how it stands."
NO_ADDRESS = f"There is no such address. {DOCS} lists all there are."

_IN_A_MINUTE = {"Retry-After": "60"}
MEANINGS: tuple[tuple[tuple[type[Exception], ...], ProblemType, str, Mapping[str, str]], ...] = (
    ((KeyReused,), ProblemType.KEY_REUSED, KEY_REUSED, {}),
    ((UnderWay,), ProblemType.UNDER_WAY, UNDER_WAY, {"Retry-After": "2"}),
    ((TooManyBytes,), ProblemType.TOO_LARGE, "{error} Nothing was taken in. Hand in a smaller file.", {}),
    ((BadHandIn, BadMetadata), ProblemType.INVALID, "Nothing was taken in: {error}.", {}),
    ((UnknownDocument,), ProblemType.NOT_FOUND, NO_DOCUMENT, {}),
    ((DroppedBatch,), ProblemType.GONE, DROPPED_BATCH, {}),
    ((UnknownBatch,), ProblemType.NOT_FOUND, NO_BATCH, {}),
    ((NotQuarantined,), ProblemType.CONFLICT, NOT_QUARANTINED, {}),
    ((TimeoutError,), ProblemType.TOO_SLOW, "Nothing was taken in. Send it again over a faster line.", {}),
    (
        (BrokenLedger, NewerFormat, LostKey, IndexUnusable, TooMuchWork),
        ProblemType.UNAVAILABLE,
        UNAVAILABLE,
        _IN_A_MINUTE,
    ),
    ((OSError,), ProblemType.UNAVAILABLE, "{cause} " + UNAVAILABLE, _IN_A_MINUTE),
)
"""What an error means; the first kind that fits counts, and its sentence may hold the error's own."""
_BY_STATUS = {kind.value.status: kind for kind in reversed(ProblemType) if kind is not ProblemType.KEY_IN_QUERY}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@web.middleware
async def show_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no exception leave as anything but a problem."""
    try:
        return await handler(request)
    except Exception as error:
        refused = explain(error)
        if refused.problem is ProblemType.BROKEN:
            log.exception("API broke", method=request.method, path=request.path)
        elif request.transport is None:
            # Whoever asked has gone, and what that led to is nobody's fault here.
            log.info("API client has gone", method=request.method, path=request.path)
        elif refused.problem.value.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("API fails", method=request.method, path=request.path, error=error)
        return answer(refused)


def answer(refused: ApiError) -> web.Response:
    """The problem as an answer."""
    kind = refused.problem.value
    body = ProblemView(type=refused.problem.type, title=kind.title, status=kind.status, detail=refused.detail)
    return web.Response(
        status=kind.status,
        body=body.model_dump_json().encode(),
        headers={**refused.headers, "Content-Type": PROBLEM_JSON},
    )


def explain(error: Exception) -> ApiError:
    """Say what an error means for the program, and what to do next."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, web.HTTPException):
        return _explain_http(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        return ApiError(ProblemType.DISK_FULL, DISK_FULL, _IN_A_MINUTE)
    for kinds, problem, detail, headers in MEANINGS:
        if isinstance(error, kinds):
            cause = WORDS[cause_of(error)].meaning if isinstance(error, OSError) else ""
            return ApiError(problem, detail.format(error=error, cause=cause).strip(), headers)
    return ApiError(ProblemType.BROKEN, OUR_FAULT)


def _explain_http(error: web.HTTPException) -> ApiError:
    """What aiohttp itself refuses, for which our sentences are better."""
    match error:
        case web.HTTPNotFound():
            return ApiError(ProblemType.NOT_FOUND, NO_ADDRESS)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return ApiError(ProblemType.WRONG_METHOD, f"This address knows {allowed} alone.", {"Allow": allowed})
    problem = _BY_STATUS.get(HTTPStatus(error.status), ProblemType.BAD_REQUEST)
    return ApiError(problem, f"Look the request up at {DOCS}, and send it as it stands there.")
