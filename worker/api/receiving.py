"""Handing a document in: the file comes piece by piece, and what is said of it in a form or in headers."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.hand_in import LONGEST_KEY, HandIn, Once, Receipt
from jobs.model.metadata import LONGEST_METADATA, read_metadata
from jobs.model.reasons import ADVICE
from jobs.model.records import Refusal
from worker.api.addresses import DOCS, location
from worker.api.authentication import require_route
from worker.api.content_digest import AnnouncedDigest
from worker.api.ports import API, CALLER
from worker.api.problems import ApiError, ProblemType
from worker.api.replies import reply
from worker.api.said_in_headers import read_metadata_headers, read_name
from worker.api.views import DocumentState, DocumentView
from worker.storage.uploads import TooManyBytes, Upload

SLOTS = web.AppKey("SLOTS", asyncio.Semaphore)
"""How many documents may be received at once."""
FORM, _UNREAD = "multipart/form-data", ("multipart/", "application/x-www-form-urlencoded")
SILENCE = 30.0
"""Seconds in which something must come."""
SLOWEST = 8 << 10
"""Bytes that must come in a second, on the whole: who is slower keeps a place that others need."""
_PIECE = 64 << 10
_OVERHEAD = 256 << 10
"""Bytes that a form may have beside the file."""


@dataclass(slots=True)
class Said:
    """What was said of the document so far."""

    name: str | None = None
    metadata: bytes | None = None
    has_file: bool = False


async def hand_in(request: web.Request) -> web.StreamResponse:
    """Take a document in. Raises ApiError, BadHandIn, BadMetadata, KeyReused, UnderWay, TooManyBytes and OSError."""
    api, route = request.app[API], require_route(request, request.match_info["route"])
    views = await api.routes([route])
    if route not in views:
        raise ApiError(ProblemType.NOT_FOUND, "The settings of zimogs have this route no more. Ask its administrator.")
    most = views[route].largest_document
    _require_readable(request, most)
    once, slots = _read_once(request), request.app[SLOTS]
    if slots.locked():
        detail = "Too many documents are being handed in at this moment. Send it again in a few seconds."
        raise ApiError(ProblemType.UNAVAILABLE, detail, {"Retry-After": "3"})
    async with slots, api.take_in.opened(most) as upload:
        said = await _receive(request, upload)
        about = HandIn.read(route=route, name=said.name, metadata=said.metadata, once=once)
        receipt = await api.take_in.take(upload, about)
    replayed = {"Idempotency-Replayed": "true"} if receipt.is_repeat else {}
    headers = {"Location": location(receipt.document), **replayed}
    if receipt.is_repeat:
        return reply(await api.documents.find(receipt.document), HTTPStatus.CREATED, headers)
    return reply(_tell(receipt, about), HTTPStatus.CREATED, headers)


async def _receive(request: web.Request, upload: Upload) -> Said:
    if request.content_type == FORM:
        said = await _read_form(request, upload)
    else:
        said = Said(read_name(request.headers), read_metadata_headers(request.headers), has_file=True)
        await _pour(request.content.iter_chunked(_PIECE), AnnouncedDigest.of(request.headers), upload)
    if not said.has_file:
        raise ApiError(
            ProblemType.INVALID, f"The form has no part `file`: that is the document. {DOCS} shows how it is sent."
        )
    if said.name is None:
        detail = "The document has no name: give it as `filename` of its part or of Content-Disposition."
        raise ApiError(ProblemType.INVALID, detail)
    if said.metadata is not None:
        read_metadata(said.metadata)
    return said


async def _read_form(request: web.Request, upload: Upload) -> Said:
    said = Said()
    try:
        form = await request.multipart()
        while (part := await asyncio.wait_for(form.next(), SILENCE)) is not None:
            if not isinstance(part, BodyPartReader) or part.headers.get("Content-Encoding"):
                raise _refuse_form("holds something that is neither a file nor a text as it is")
            if part.name == "file" and not said.has_file:
                said.has_file, said.name = True, part.filename
                await _pour(_chunks(part), AnnouncedDigest.of(part.headers), upload)
            elif part.name == "metadata" and said.metadata is None:
                said.metadata = await _read_small(part)
            else:
                raise _refuse_form("has a part that is neither `file` nor `metadata`, or one of them twice")
    except (ValueError, HttpProcessingError, web.RequestPayloadError) as error:
        raise _refuse_form("cannot be read") from error
    return said


async def _pour(pieces: AsyncIterator[bytes], digest: AnnouncedDigest, upload: Upload) -> None:
    """Receive all the pieces, in time. Raises TimeoutError, and ApiError when they are not what was announced."""
    begun = time.monotonic()
    while (piece := await asyncio.wait_for(anext(pieces, None), SILENCE)) is not None:
        digest.update(piece)
        await upload.write(piece)
        if time.monotonic() - begun > SILENCE + upload.size / SLOWEST:
            raise TimeoutError
    digest.require_met()


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_PIECE):
        yield piece


async def _read_small(part: BodyPartReader) -> bytes:
    content = b""
    while piece := await asyncio.wait_for(part.read_chunk(_PIECE), SILENCE):
        content += piece
        if len(content) > LONGEST_METADATA:
            raise ApiError(
                ProblemType.INVALID, f"Nothing was taken in: the metadata has more than {LONGEST_METADATA} bytes."
            )
    return content


def _require_readable(request: web.Request, most: int) -> None:
    """Refuse what cannot be taken before a byte of it is received. Raises ApiError and TooManyBytes."""
    kind, is_form = request.content_type, request.content_type == FORM
    if not request.headers.get("Content-Type") or (kind.startswith(_UNREAD) and not is_form):
        detail = f"Send the file as the body, with its own Content-Type, or as a form of the type {FORM}."
        raise ApiError(ProblemType.WRONG_TYPE, detail)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ApiError(ProblemType.WRONG_TYPE, "Send the file as it is, without Content-Encoding.")
    if is_form and "Content-Digest" in request.headers:
        detail = "In a form it is the part `file` that has a Content-Digest: put the header there."
        raise ApiError(ProblemType.BAD_REQUEST, detail)
    if (request.content_length or 0) > most + (_OVERHEAD if is_form else 0):
        raise TooManyBytes(most)


def _read_once(request: web.Request) -> Once | None:
    """The Idempotency-Key of the request; each API key has its own. Raises ApiError."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    # Some write it as a structured string, in quotation marks (IETF draft of this header field).
    key = keys[0].removeprefix('"').removesuffix('"')
    if len(keys) > 1 or not key or len(key) > LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        detail = f"Idempotency-Key is one text of 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID."
        raise ApiError(ProblemType.BAD_REQUEST, detail)
    return Once(owner=request[CALLER].id, key=key)


def _refuse_form(why: str) -> ApiError:
    return ApiError(ProblemType.INVALID, f"The form {why}. Nothing was taken in. {DOCS} shows how it is sent.")


def _tell(receipt: Receipt, about: HandIn) -> DocumentView:
    """What is known of it already; it goes on meanwhile."""
    state, reason, detail, duplicate_of = DocumentState.RECEIVED, None, "", None
    match receipt.outcome:
        case Refusal():
            state, reason, detail = DocumentState.QUARANTINED, receipt.outcome.reason, receipt.outcome.detail
        case Duplicate():
            state, detail = DocumentState.DUPLICATE, receipt.outcome.words
            duplicate_of = receipt.outcome.earlier.document
        case Document():
            state = DocumentState.WAITING
    return DocumentView(
        id=receipt.document,
        state=state,
        route=about.route,
        name=about.name,
        size=receipt.size,
        sha256=receipt.sha256.hex,
        metadata=None if about.metadata is None else read_metadata(about.metadata),
        reason=reason,
        detail=detail,
        advice="" if reason is None else ADVICE[reason],
        duplicate_of=duplicate_of,
    )
