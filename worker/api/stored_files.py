"""Files that there are of a document, sent whole, in part, or not once more (RFC 9110 §13, §14)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import quote

from aiohttp import web

from jobs.model.names import DocumentId
from worker.api.documents import require_document
from worker.api.ports import API, DocumentFile, FileKind
from worker.api.problems import ApiError, ProblemType
from worker.storage.names import escape_controls

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

PIECE = 256 << 10
TAKING = 60.0
"""Seconds in which a piece must have been taken."""
_NOT_KEPT = {
    "sealed": "There is none in the outbox: the document is not sealed yet, or somebody has taken it.",
    "sidecar": "There is none in the outbox: the document is not sealed yet, or somebody has taken it.",
    "evidence": "There is none: no batch that sealed it is known here.",
    "original": "The original is kept no longer: the settings say so, or somebody took it away.",
}


async def original(request: web.Request) -> web.StreamResponse:
    """The original as it was handed in. Raises UnknownDocument and ApiError."""
    return await _serve(request, "original", request.app[API].documents.original)


async def sealed(request: web.Request) -> web.StreamResponse:
    """The sealed file. Raises UnknownDocument and ApiError."""
    return await _serve(request, "sealed", request.app[API].documents.sealed)


async def sidecar(request: web.Request) -> web.StreamResponse:
    """What stands beside it. Raises UnknownDocument and ApiError."""
    return await _serve(request, "sidecar", request.app[API].documents.sidecar)


async def evidence(request: web.Request) -> web.StreamResponse:
    """The evidence of its batch. Raises UnknownDocument and ApiError."""
    return await _serve(request, "evidence", request.app[API].documents.evidence)


async def _serve(request: web.Request, what: str, kind: FileKind) -> web.StreamResponse:
    view = await require_document(request)
    stored = await kind(DocumentId(view.id))
    if stored is None:
        # Not yet, or not any more: whoever asks is told which by the state of the document.
        raise ApiError(ProblemType.GONE if view.state == "sealed" else ProblemType.NOT_FOUND, _NOT_KEPT[what])
    try:
        return await _send(request, stored)
    finally:
        stored.content.close()


async def _send(request: web.Request, stored: DocumentFile) -> web.StreamResponse:
    tag = f'"{stored.sha256.hex}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    wanted = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
    if {tag, f"W/{tag}", "*"} & set(wanted):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    first, end = _read_range(request, stored.size, tag)
    is_part = (first, end) != (0, stored.size)
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{stored.size}"
    response = web.StreamResponse(
        status=HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK,
        headers={**headers, **_about(stored)},
    )
    response.content_length = end - first
    await response.prepare(request)
    try:
        await _pour(stored.content, first, end, response)
    except (OSError, TimeoutError):
        # Half of it is sent: nothing can be told on this connection any more.
        response.force_close()
    return response


async def _pour(content: BinaryIO, first: int, end: int, response: web.StreamResponse) -> None:
    await asyncio.to_thread(content.seek, first)
    while first < end and (piece := await asyncio.to_thread(content.read, min(PIECE, end - first))):
        first += len(piece)
        async with asyncio.timeout(TAKING):
            await response.write(piece)


def _read_range(request: web.Request, size: int, tag: str) -> tuple[int, int]:
    """The first byte and the one behind the last. What is no single range is overlooked, as RFC 9110 §14.2 allows."""
    if "Range" not in request.headers or request.headers.get("If-Range", tag) != tag:
        return 0, size
    try:
        wanted = request.http_range
    except ValueError:
        return 0, size
    first, end, _ = wanted.indices(size)
    if first >= end:
        detail = f"The file has {size} bytes. Ask for a part within it, or for all."
        raise ApiError(ProblemType.NO_SUCH_RANGE, detail, {"Content-Range": f"bytes */{size}"})
    return first, end


def _about(stored: DocumentFile) -> Mapping[str, str]:
    """Type and name (RFC 6266 §4, RFC 8187 §3.2). It is kept as a file, and nothing that a browser would run."""
    bare = escape_controls(stored.name.rpartition("/")[2])
    plain = "".join(letter if (letter.isascii() and letter.isalnum()) or letter in " ._()-" else "_" for letter in bare)
    exact = quote(bare, safe="")
    return {
        "Content-Type": stored.media_type,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}",
    }
