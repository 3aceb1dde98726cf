"""Turning a right answer into a wrong one that looks almost like it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.encoding import decoded, encoded
from sandbox.signapi.files import StoredFile
from sandbox.signapi.replies import FileReply
from sandbox.vendor import vendor_of
from sandbox.weather.rules import Kind, Operation, Rule

Distortion = Callable[[web.Request, bytes], bytes]


async def body_of(reply: web.StreamResponse) -> bytes:
    """Return the whole body of an answer that has not been sent yet."""
    if isinstance(reply, FileReply):
        return await asyncio.to_thread(reply.stored.path.read_bytes)
    assert isinstance(reply, web.Response)  # noqa: S101 - the handlers here answer in no third way
    return bytes(reply.body) if isinstance(reply.body, (bytes, bytearray)) else b""


async def distorted(request: web.Request, rule: Rule, reply: web.StreamResponse) -> web.StreamResponse:
    """Return the answer with the rule's fault in it; refusals are passed on as they are."""
    distortion = DISTORTIONS.get((rule.operation, rule.kind))
    if distortion is None or reply.status >= web.HTTPBadRequest.status_code:
        return reply
    body = distortion(request, await body_of(reply))
    return web.Response(body=body, status=reply.status, content_type=reply.content_type)


def _flipped(value: bytes) -> bytes:
    """Return the bytes with the lowest bit in the middle changed."""
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]


def _swapped(entries: list[Any]) -> list[Any]:
    return entries[1::-1] + entries[2:]


def _p1363(value: bytes) -> bytes:
    """Return a DER ECDSA value as r || s (IEEE P1363), and an RSA value unchanged."""
    try:
        parts = decode_dss_signature(value)
    except ValueError:
        return value
    length = 32 if max(parts).bit_length() <= 256 else 48  # noqa: PLR2004 - the coordinates of P-256 and P-384
    return b"".join(part.to_bytes(length, "big") for part in parts)


def _signatures(change: Callable[[list[bytes]], list[bytes]]) -> Distortion:
    """Apply a change to the signature values, whichever way they are packed."""

    def distortion(request: web.Request, body: bytes) -> bytes:
        if not _is_batch(request):
            return b"".join(change([body]))
        values = [decoded(text) for text in json.loads(body)["signatures"]]
        return json.dumps({"signatures": [encoded(value) for value in change(values)]}).encode()

    return distortion


def _is_batch(request: web.Request) -> bool:
    return request.path.endswith("/batch")


def _objects(request: web.Request, body: bytes) -> bytes:
    if not _is_batch(request):
        return body
    return json.dumps({"signatures": [{"value": text} for text in json.loads(body)["signatures"]]}).encode()


def _entries(name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Distortion:
    """Apply a change to one list inside SignAPI's `data` envelope."""

    def distortion(_: web.Request, body: bytes) -> bytes:
        answer = json.loads(body)
        answer["data"][name] = change(answer["data"][name])
        return json.dumps(answer).encode()

    return distortion


def _first_digest_flipped(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**entries[0], "digest": encoded(_flipped(decoded(entries[0]["digest"])))}, *entries[1:]]


def _digests_swapped(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    digests = _swapped([entry["digest"] for entry in entries])
    return [{**entry, "digest": digest} for entry, digest in zip(entries, digests, strict=True)]


def _failed_report(_: web.Request, body: bytes) -> bytes:
    return body.replace(b"TOTAL-PASSED", b"TOTAL-FAILED").replace(b"POSITIVE", b"NEGATIVE")


def _other_file(request: web.Request, body: bytes) -> bytes:
    """Return a file of another open session, or the same one where there is no other."""
    mine = request.match_info["session_id"]
    sessions = (session for session in vendor_of(request).sessions.all_open() if session.id != mine)
    others = (file for session in sessions for file in session.listed if isinstance(file, StoredFile))
    other = next(others, None)
    return other.path.read_bytes() if other else body


def _other_certificate(request: web.Request, body: bytes) -> bytes:
    """Return the identity with the certificate of somebody else's."""
    asked = request.match_info["identity_id"]
    people = vendor_of(request).people.values()
    other = next(one for person in people if person.identity(asked) is None for one in person.identities)
    answer = json.loads(body)
    answer.get("identity", answer)["details"]["certificate"] = encoded(other.credential.certificate_der)
    return json.dumps(answer).encode()


DISTORTIONS: dict[tuple[Operation, Kind], Distortion] = {
    (Operation.SIGN, Kind.WRONG_VALUE): _signatures(lambda values: [_flipped(values[0]), *values[1:]]),
    (Operation.SIGN, Kind.SWAPPED): _signatures(_swapped),
    (Operation.SIGN, Kind.WRONG_COUNT): _signatures(lambda values: values[:-1]),
    (Operation.SIGN, Kind.P1363): _signatures(lambda values: [_p1363(value) for value in values]),
    (Operation.SIGN, Kind.DOUBLE_BASE64): _signatures(lambda values: [encoded(value).encode() for value in values]),
    (Operation.SIGN, Kind.OBJECTS): _objects,
    (Operation.CALCULATE_DIGEST, Kind.WRONG_VALUE): _entries("sessionDigests", _first_digest_flipped),
    (Operation.CALCULATE_DIGEST, Kind.SWAPPED): _entries("sessionDigests", _digests_swapped),
    (Operation.CALCULATE_DIGEST, Kind.WRONG_COUNT): _entries("sessionDigests", lambda entries: entries[:-1]),
    (Operation.FINALIZE, Kind.WRONG_COUNT): _entries("results", lambda entries: entries[:-1]),
    (Operation.VALIDATE, Kind.WRONG_VALUE): _failed_report,
    (Operation.DOWNLOAD, Kind.WRONG_VALUE): lambda _, body: _flipped(body),
    (Operation.DOWNLOAD, Kind.SWAPPED): _other_file,
    (Operation.SIGN_IDENTITY, Kind.FOREIGN_CERTIFICATE): _other_certificate,
}
