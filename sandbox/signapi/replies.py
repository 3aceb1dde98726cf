"""SignAPI's answers and the reading of its requests."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.eidas.authorization import INTROSPECT
from sandbox.eidas.grants import Grant
from sandbox.eidas.permissions import bearer
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.files import Stored, StoredFile
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import Sizes
from sandbox.vendor import vendor_of


class FileReply(web.FileResponse):
    """A stored file sent straight from disk."""

    def __init__(self, stored: StoredFile) -> None:
        """Answer this file as a download under its own name (RFC 6266)."""
        # RFC 6266 §4.3: the name in UTF-8, percent-encoded, whatever characters are in it.
        disposition = f"attachment; filename*=UTF-8''{quote(stored.name)}"
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": disposition}
        super().__init__(stored.path, headers=headers)
        self.stored = stored


def data_response(content: object, status: int = 200) -> web.Response:
    """Return the success envelope."""
    return web.json_response({"data": content}, status=status)


def describe_file(file: Stored, sizes: Sizes) -> dict[str, Any]:
    """Return the description of a file, or of a hash, as every answer with files has it."""
    return file.as_json() if sizes is Sizes.NUMBER else _with_quoted_sizes(file.as_json())


def _with_quoted_sizes(entry: dict[str, Any]) -> dict[str, Any]:
    quoted = entry | {"size": str(entry["size"])}
    if "includedDocuments" in entry:
        quoted["includedDocuments"] = [_with_quoted_sizes(each) for each in entry["includedDocuments"]]
    return quoted


def require_client(request: web.Request) -> str:
    """Return the client whose introspect token this is; raises `SignApiRefusal` 401, also for people's tokens."""
    return require_grant(request).client_id


def require_grant(request: web.Request) -> Grant:
    """Return what stands behind an introspect token; raises `SignApiRefusal` 401, also for people's tokens."""
    vendor = vendor_of(request)
    grant = vendor.grants.tokens.get(bearer(request), vendor.now())
    if grant is None or not grant.covers(INTROSPECT):
        challenge = {"WWW-Authenticate": 'Bearer realm="signapi", error="invalid_token"'}
        raise SignApiRefusal(
            401, "unauthorized", "An introspect token is needed, and it must not be expired.", challenge
        )
    return grant


def require_session(request: web.Request) -> Session:
    """Return the client's session named in the path; raises `SignApiRefusal` 401 or 404."""
    client_id = require_client(request)
    vendor = vendor_of(request)
    return vendor.sessions.find(request.match_info["session_id"], client_id, vendor.now())


async def read_body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in the request's body; raises `SignApiRefusal` 415 or 400."""
    if request.content_type != "application/json":
        raise SignApiRefusal(415, "unsupportedMediaType", "Content-Type must be application/json.")
    try:
        body = await request.json()
    except ValueError:
        # No JSON at all is answered as JSON of another shape is.
        body = None
    if not isinstance(body, dict):
        raise SignApiRefusal(400, "badRequest", "The body must be a JSON object.")
    return body


def result(session_id: str, refusal: SignApiRefusal | None) -> dict[str, Any]:
    """Return a session's entry in `results`, with an `error` where it was refused."""
    if refusal is None:
        return {"sessionId": session_id}
    return {"sessionId": session_id, "error": {"code": refusal.code, "message": refusal.message}}


def results_response(results: Sequence[dict[str, Any]]) -> web.Response:
    """Answer the results, with 400 where every session failed."""
    any_done = any("error" not in result for result in results)
    return data_response({"results": results}, status=200 if any_done else 400)
