"""What SignAPI serves (vendor §4)."""

from typing import Any

from sandbox.openapi.calls import (
    BYTES,
    OperationObject,
    ResponseObject,
    json_of,
    json_response,
    operation,
    plain_response,
    query_parameter,
)
from sandbox.openapi.schemas import WHOLE, Schema, either, one_of, ref

CLIENT = "client"
STORAGE = "/api-storage/v1.0/{session_id}"
SIGN = "/api-sign/v1.0"
VALIDATE = "{session_id}/{document_id}/validate"
REFUSED = {
    status: json_response(about, ref("SignApiError"))
    for status, about in {
        400: "The order cannot be carried out.",
        401: "An introspect token is needed, and it must not be expired.",
        404: "The session or document is not known, closed or expired; or the path is written in another way.",
        413: "The file is larger than `fileMaxLength`.",
        415: "The body has another Content-Type than it must have.",
    }.items()
}
RESULTS = {
    200: json_response("What became of each session; some may have failed.", ref("Results")),
    400: json_response(
        "Every session failed, or the order makes no sense.", either(ref("Results"), ref("SignApiError"))
    ),
}
UPLOAD: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "contentMediaType": BYTES}},
        }
    }
}


def _operation(
    name: str,
    summary: str,
    answers: dict[int, ResponseObject],
    *refusals: int,
    body: dict[str, Any] | None = None,
    query: tuple[dict[str, Any], ...] = (),
) -> OperationObject:
    """Return an operation that the client's introspect token opens, and which may be refused in these ways."""
    refused = {status: REFUSED[status] for status in (401, *refusals)}
    return operation(name, summary, {**refused, **answers}, security=CLIENT, body=body, query=query)


def _either_status(about: str, schema: Schema) -> dict[int, ResponseObject]:
    """Return an answer with 201, or with 200 where a variant says so."""
    return {status: json_response(about, schema) for status in (201, 200)}


AMOUNT = query_parameter("amount", "How many; one without.", schema={**WHOLE, "minimum": 1, "maximum": 100})
TYPE = query_parameter("type", "`asice`: a container is named so. Its bytes are the same.", schema=one_of("asice"))
STARTED = _either_status("The open sessions.", ref("Started"))
REPORT = {200: json_response("The report.", ref("Report"))}
CONFIG = {200: json_response("What this client may.", ref("Configuration"))}

PATHS = {
    "/api-session/v1.0/start": {"get": _operation("start", "Open sessions (§4.1)", STARTED, 400, query=(AMOUNT,))},
    "/api-session/v1.0/{session_id}/close": {
        "get": _operation(
            "close", "Delete a session with its files (§4.2)", {200: json_response("Done.", ref("Said"))}, 404
        )
    },
    f"{STORAGE}/upload": {
        "put": _operation(
            "upload",
            "Add a file to a session (§4.3)",
            _either_status("What was stored.", ref("Stored")),
            *(400, 404, 413, 415),
            body=UPLOAD,
        )
    },
    f"{STORAGE}/list": {
        "get": _operation(
            "list",
            "List the files, or the sealed file alone (§4.4)",
            {200: json_response("The files.", ref("Listed"))},
            404,
        )
    },
    f"{STORAGE}/addDocumentDigest": {
        "post": _operation(
            "addDocumentDigest",
            "Add hashes of files that stay at home (§4.6)",
            {200: json_response("What was stored.", ref("Stored"))},
            *(400, 404, 415),
            body=json_of(ref("DocumentDigests")),
        )
    },
    f"{STORAGE}/{{document_id}}": {
        "get": _operation(
            "download", "Fetch a file (§4.5)", {200: plain_response("Its bytes.", BYTES)}, 404, query=(TYPE,)
        ),
        "delete": _operation(
            "delete", "Delete an uploaded file (§4.5)", {200: json_response("Done.", ref("Said"))}, 400, 404
        ),
    },
    f"{SIGN}/CalculateDigest": {
        "post": _operation(
            "calculateDigest",
            "Calculate the digests to be signed, with their summary (§4.7)",
            {200: json_response("The digests, by session.", ref("Digests"))},
            *(400, 404, 415),
            body=json_of(ref("DigestOrder")),
        )
    },
    f"{SIGN}/finalizeSigning": {
        "post": _operation(
            "finalizeSigning",
            "Put signature values into the documents (§4.8)",
            RESULTS,
            415,
            body=json_of(ref("FinalizeOrder")),
        )
    },
    f"{SIGN}/addArchive": {
        "post": _operation(
            "addArchive",
            "Add an archive timestamp to signed files (§4.9)",
            RESULTS,
            415,
            body=json_of(ref("ArchiveOrder")),
        )
    },
    f"{SIGN}/eSealCreate": {"post": _operation("eSealCreate", "Not for cloud seals: always refused (§4.10)", {}, 400)},
    f"/api-validation/v1.0/{VALIDATE}": {
        "get": _operation("validateFirst", "Judge the signatures, in the first version (§4.12)", REPORT, 400, 404)
    },
    f"/api-validation/v2.0/{VALIDATE}": {
        "get": _operation("validateSecond", "Judge the signatures, in the second version (§4.12)", REPORT, 400, 404)
    },
    "/api-config/v1.0/": {"get": _operation("config", "Tell the client's limits (§4.11)", CONFIG)},
    "/api-config/v1.0": {"get": _operation("configWithoutSlash", "Tell the client's limits (§4.11)", CONFIG, 404)},
    "/api-config/v1.0/public/key": {
        "get": _operation("publicKey", "Belongs to eSealCreate: always refused (§4.11)", {}, 400)
    },
}
