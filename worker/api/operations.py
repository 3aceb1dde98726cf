"""The one table of operations: from it the addresses are served, and the OpenAPI document and the page are made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from jobs.model.api_keys import Permission
from jobs.model.hand_in import LONGEST_KEY
from jobs.model.text import Text
from worker.api import batches, documents, receiving, stored_files
from worker.api.listing import MOST_LISTED
from worker.api.problems import ProblemType
from worker.api.views import BatchView, DocumentPage, DocumentState, DocumentView, RouteList

_DOCUMENT_ID = r"^[0-9]{8}T[0-9]{6}-[0-9a-f]{12}$"
_ANY_BYTES = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation: `where` it stands (OpenAPI: path, query or header), and its JSON Schema."""

    name: str
    where: str
    text: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What is answered when all is well: a model as JSON, or a file of that media type."""

    status: HTTPStatus
    text: str
    model: type[BaseModel] | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One thing that the API does; `path` counts from `PREFIX`, `bodies` are JSON Schemas by media type."""

    name: str
    method: HTTPMethod
    path: str
    may: Permission
    text: Text
    serve: Callable[[web.Request], Awaitable[web.StreamResponse]]
    answers: tuple[AnswerForm, ...]
    problems: tuple[ProblemType, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    bodies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


_DOCUMENT = Parameter("document", "path", "The id that the answer to handing in told.", {"pattern": _DOCUMENT_ID})
_ROUTE = Parameter("route", "path", "The name of a route of the key.", {"pattern": "^[a-z0-9-]{1,40}$"})
_RANGE = Parameter("Range", "header", "One range of bytes (RFC 9110 §14.2).", {"pattern": r"^bytes=\d*-\d*$"})
_NONE_MATCH = Parameter("If-None-Match", "header", "An ETag: the file is not sent once more.", {})
_KEPT = (ProblemType.NOT_FOUND, ProblemType.GONE, ProblemType.UNAVAILABLE)


def _file(name: str, may: Permission, text: Text, serve: stored_files.Serve, media_type: str) -> ApiOperation:
    headers = {"ETag": "The SHA-256 of the file.", "Content-Disposition": "Its name (RFC 6266)."}
    answers = (
        AnswerForm(HTTPStatus.OK, "The file.", media_type=media_type, headers=headers),
        AnswerForm(HTTPStatus.PARTIAL_CONTENT, "A part of it.", media_type=media_type, headers=headers),
        AnswerForm(HTTPStatus.NOT_MODIFIED, "It is the one that you have.", media_type=""),
    )
    return ApiOperation(
        name,
        HTTPMethod.GET,
        f"/documents/{{document}}/{name}",
        may,
        text,
        serve,
        answers,
        (*_KEPT, ProblemType.NO_SUCH_RANGE),
        (_DOCUMENT, _RANGE, _NONE_MATCH),
    )


OPERATIONS = (
    ApiOperation(
        "hand-in",
        HTTPMethod.POST,
        "/routes/{route}/documents",
        Permission.SUBMIT,
        Text("Hand a document in. Once this is answered with 201 nothing loses it, and it keeps its id."),
        receiving.hand_in,
        (
            AnswerForm(
                HTTPStatus.CREATED,
                "It is ours: also where it turned out at once that it cannot be sealed.",
                DocumentView,
                headers={
                    "Location": "Where to ask how it stands.",
                    "Idempotency-Replayed": "Sent with `true` where it had been handed in before under this key.",
                },
            ),
        ),
        (
            ProblemType.NOT_FOUND,
            ProblemType.TOO_SLOW,
            ProblemType.UNDER_WAY,
            ProblemType.TOO_LARGE,
            ProblemType.WRONG_TYPE,
            ProblemType.INVALID,
            ProblemType.UNAVAILABLE,
            ProblemType.DISK_FULL,
        ),
        (
            _ROUTE,
            Parameter(
                "Idempotency-Key",
                "header",
                "Any text of your own, one for each document. Sent once more with the same document it is answered "
                "with what was answered before.",
                {"pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
            ),
            Parameter(
                "Content-Disposition",
                "header",
                'The name, where the body is the file: `attachment; filename="R-17.pdf"`, or `filename*=` (RFC 8187).',
                {"pattern": '^attachment; filename="[A-Za-z0-9_-]{1,40}[.]pdf"$'},
            ),
            Parameter(
                "Content-Digest",
                "header",
                "The hash of the body (RFC 9530): `sha-256=:…:` or `sha-512=:…:`. In a form the part `file` has it.",
                {"pattern": "^sha-(256|512)=:[A-Za-z0-9+/=]+:$"},
            ),
            Parameter(
                "Zimogs-Metadata",
                "header",
                "Metadata as JSON, in ASCII, where the body is the file.",
                {"maxLength": 8000},
            ),
        ),
        {
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {**_ANY_BYTES, "description": "The document, with its file name."},
                    "metadata": {"type": "string", "description": "What is known of it, as JSON."},
                },
                "additionalProperties": False,
            },
            "application/pdf": _ANY_BYTES,
            "application/octet-stream": _ANY_BYTES,
        },
    ),
    ApiOperation(
        "document",
        HTTPMethod.GET,
        "/documents/{document}",
        Permission.READ,
        Text("Ask how a document stands."),
        documents.show,
        (AnswerForm(HTTPStatus.OK, "The document.", DocumentView),),
        (ProblemType.NOT_FOUND, ProblemType.UNAVAILABLE),
        (_DOCUMENT,),
    ),
    ApiOperation(
        "documents",
        HTTPMethod.GET,
        "/documents",
        Permission.READ,
        Text("List documents, the newest first, page by page."),
        documents.list_page,
        (AnswerForm(HTTPStatus.OK, "A page of them.", DocumentPage),),
        (ProblemType.NOT_FOUND, ProblemType.UNAVAILABLE),
        (
            Parameter("route", "query", "Of this route alone.", {"pattern": "^[a-z0-9-]{1,40}$"}),
            Parameter("state", "query", "In this state alone.", {"enum": [str(state) for state in DocumentState]}),
            Parameter("since", "query", "That came at this time or later (RFC 3339).", {"format": "date-time"}),
            Parameter("cursor", "query", "`next` of the page before.", {"pattern": _DOCUMENT_ID}),
            Parameter("limit", "query", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MOST_LISTED}),
        ),
    ),
    _file("sealed", Permission.READ, Text("Fetch the sealed file."), stored_files.sealed, "application/octet-stream"),
    _file(
        "sidecar",
        Permission.READ,
        Text("Fetch what stands beside the sealed file: who sealed what, and when."),
        stored_files.sidecar,
        "application/json",
    ),
    _file(
        "evidence",
        Permission.READ,
        Text("Fetch the evidence of its batch as a ZIP, for others to check."),
        stored_files.evidence,
        "application/zip",
    ),
    _file(
        "original",
        Permission.READ,
        Text("Fetch the original, while it is kept."),
        stored_files.original,
        "application/octet-stream",
    ),
    ApiOperation(
        "retry",
        HTTPMethod.POST,
        "/documents/{document}/retry",
        Permission.RETRY,
        Text("Send a document in quarantine through once more. It goes on under a new id."),
        documents.retry,
        (
            AnswerForm(
                HTTPStatus.CREATED,
                "The new document.",
                DocumentView,
                headers={"Location": "Where to ask how the new document stands."},
            ),
        ),
        (ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.UNAVAILABLE, ProblemType.DISK_FULL),
        (_DOCUMENT,),
    ),
    ApiOperation(
        "cancel",
        HTTPMethod.POST,
        "/documents/{document}/cancel",
        Permission.CANCEL,
        Text("Take a document back that waits for a batch. It is kept in quarantine."),
        documents.cancel,
        (AnswerForm(HTTPStatus.OK, "The document.", DocumentView),),
        (ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.UNAVAILABLE, ProblemType.DISK_FULL),
        (_DOCUMENT,),
    ),
    ApiOperation(
        "batch",
        HTTPMethod.GET,
        "/batches/{batch}",
        Permission.READ,
        Text("Ask how a batch stands, and each of its documents."),
        batches.show,
        (AnswerForm(HTTPStatus.OK, "The batch.", BatchView),),
        _KEPT,
        (Parameter("batch", "path", "The id of a batch.", {"pattern": "^[a-z0-9-]{1,40}-[0-9]{6,12}$"}),),
    ),
    ApiOperation(
        "routes",
        HTTPMethod.GET,
        "/routes",
        Permission.READ,
        Text("List the routes of the key."),
        batches.list_routes,
        (AnswerForm(HTTPStatus.OK, "The routes.", RouteList),),
        (ProblemType.UNAVAILABLE,),
    ),
)
"""Everything that the API does with a key."""
ALWAYS = (
    ProblemType.BAD_REQUEST,
    ProblemType.NO_KEY,
    ProblemType.NOT_ALLOWED,
    ProblemType.TOO_OFTEN,
    ProblemType.BROKEN,
)
"""Problems that any operation may have."""
