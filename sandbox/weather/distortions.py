"""Turning a right answer into a wrong one that looks almost like it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.encoding import decode_base64, encode_base64
from sandbox.signapi.files import StoredFile
from sandbox.signapi.replies import FileReply
from sandbox.vendor import vendor_of
from sandbox.weather.changes import drop_last, flip_bit, swap_first_two
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule

Distortion = Callable[[web.Request, bytes], bytes]


async def read_body(reply: web.StreamResponse) -> bytes:
    """Return the whole body of an answer that has not been sent yet."""
    if isinstance(reply, FileReply):
        return await asyncio.to_thread(reply.stored.path.read_bytes)
    assert isinstance(reply, web.Response)  # noqa: S101 - the handlers here answer in no third way
    return bytes(reply.body) if isinstance(reply.body, (bytes, bytearray)) else b""


async def distort(request: web.Request, rule: Rule, reply: web.StreamResponse) -> web.StreamResponse:
    """Return the answer with the rule's fault in it; refusals are passed on as they are."""
    distortion = DISTORTIONS.get((rule.operation, rule.kind))
    if distortion is None or reply.status >= web.HTTPBadRequest.status_code:
        return reply
    body = distortion(request, await read_body(reply))
    return web.Response(body=body, status=reply.status, content_type=reply.content_type)


def change_list(name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Distortion:
    """Apply a change to one list inside SignAPI's `data` envelope."""

    def distortion(_: web.Request, body: bytes) -> bytes:
        answer = json.loads(body)
        answer["data"][name] = change(answer["data"][name])
        return json.dumps(answer).encode()

    return distortion


def flip_first_digest(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries with one bit of the first digest changed."""
    return [{**entries[0], "digest": encode_base64(flip_bit(decode_base64(entries[0]["digest"])))}, *entries[1:]]


def swap_digests(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries with the first two digests in each other's place."""
    digests = swap_first_two([entry["digest"] for entry in entries])
    return [{**entry, "digest": digest} for entry, digest in zip(entries, digests, strict=True)]


def doubt_report(indication: str) -> Distortion:
    """Let every signature have this indication (ETSI EN 319 102-1 §5.1.3), and none of them be valid."""

    def distortion(_: web.Request, body: bytes) -> bytes:
        answer = json.loads(body)
        report = answer["data"]
        for entry in report["signaturesExt"]:
            entry["indication"] = indication
        doubted = {"validationConclusion": "NEGATIVE", "validSignaturesCount": 0}
        report |= {name: value for name, value in doubted.items() if name in report}
        return json.dumps(answer).encode()

    return distortion


def send_other_file(request: web.Request, body: bytes) -> bytes:
    """Return a file of another open session, or the same one where there is no other."""
    mine = request.match_info["session_id"]
    sessions = (session for session in vendor_of(request).sessions.all_open() if session.id != mine)
    others = (file for session in sessions for file in session.files if isinstance(file, StoredFile))
    other = next(others, None)
    return other.path.read_bytes() if other else body


def send_other_certificate(request: web.Request, body: bytes) -> bytes:
    """Return the identity with the certificate of somebody else's."""
    asked = request.match_info["identity_id"]
    people = vendor_of(request).people.values()
    other = next(one for person in people if person.identity(asked) is None for one in person.identities)
    answer = json.loads(body)
    answer.get("identity", answer)["details"]["certificate"] = encode_base64(other.credential.certificate_der)
    return json.dumps(answer).encode()


def claim_terabytes(_: web.Request, body: bytes) -> bytes:
    """Let every file of the list be a hundred terabytes large."""
    answer = json.loads(body)
    files = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
    answer["data"] = [{**file, "size": 10**14} for file in files]
    return json.dumps(answer).encode()


DISTORTIONS: dict[tuple[Operation, Kind], Distortion] = {
    (Operation.CALCULATE_DIGEST, Kind.WRONG_VALUE): change_list("sessionDigests", flip_first_digest),
    (Operation.CALCULATE_DIGEST, Kind.SWAPPED): change_list("sessionDigests", swap_digests),
    (Operation.CALCULATE_DIGEST, Kind.WRONG_COUNT): change_list("sessionDigests", drop_last),
    (Operation.LIST, Kind.WRONG_VALUE): claim_terabytes,
    (Operation.FINALIZE, Kind.WRONG_COUNT): change_list("results", drop_last),
    (Operation.ARCHIVE, Kind.WRONG_COUNT): change_list("results", drop_last),
    (Operation.VALIDATE, Kind.WRONG_VALUE): doubt_report("TOTAL-FAILED"),
    (Operation.VALIDATE, Kind.INDETERMINATE): doubt_report("INDETERMINATE"),
    (Operation.DOWNLOAD, Kind.WRONG_VALUE): lambda _, body: flip_bit(body),
    (Operation.DOWNLOAD, Kind.SWAPPED): send_other_file,
    (Operation.SIGN_IDENTITY, Kind.FOREIGN_CERTIFICATE): send_other_certificate,
}
