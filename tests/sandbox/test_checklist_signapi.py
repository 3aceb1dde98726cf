"""The checklist of a faithful vendor, SignAPI: one test for each box of `sandbox/promises`, in its order."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.pki import KeyKind
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    OTHER_CLIENT,
    Clock,
    Integration,
    Prepared,
    a_pdf,
    approved_values,
    b64,
    prepared,
    sealed,
    summary,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.verifiers import openssl_verifies

START = "/api-session/v1.0/start"
CONFIG = "/api-config/v1.0/"
FIRST = {"signatureForm", "includedFiles", "signaturesExt"}  # what a report of either version tells
SECOND = {"validationConclusion", "signaturesCount", "validSignaturesCount"}  # what v2.0 adds


def storage(session_id: str, name: str) -> str:
    return f"/api-storage/v1.0/{session_id}/{name}"


def certificate(integration: Integration, key: KeyKind = KeyKind.P256) -> str:
    return b64(the_seal(integration, key).credential.certificate_der)


async def listed(integration: Integration, session_id: str) -> list[dict[str, Any]]:
    _, body = await integration.call("GET", storage(session_id, "list"))
    return list(body["data"])


async def signed(integration: Integration, *documents: bytes) -> tuple[Prepared, list[str]]:
    """Return sessions that only need to be finalized, with their signature values."""
    batch = await prepared(integration, documents, the_seal(integration))
    return batch, await approved_values(integration, batch)


async def downloaded(integration: Integration, session_id: str) -> tuple[str, bytes]:
    """Return the id and the bytes of the session's only file."""
    (entry,) = await listed(integration, session_id)
    _, content = await integration.call("GET", storage(session_id, entry["id"]))
    return entry["id"], content


async def report(integration: Integration, session_id: str, document_id: str, version: str = "2.0") -> tuple[int, Any]:
    return await integration.call("GET", f"/api-validation/v{version}/{session_id}/{document_id}/validate")


def p1363(value: str) -> str:
    """Return a DER value of a P-256 key as r ‖ s."""
    return b64(b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(base64.b64decode(value))))


async def a_lost_answer_of_finalize(integration: Integration) -> None:
    """See finalize outlast the client, and see it answer 504, both after the work was done."""
    for fault in ({"kind": "delay", "seconds": 60}, {"kind": "status", "status": 504}):
        batch, values = await signed(integration, a_pdf())
        await integration.order({"operation": "finalize", "after_work": True} | fault)
        call = integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
        if fault["kind"] == "delay":
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call, 0.2)
        else:
            assert (await call)[0] == 504
        async with asyncio.timeout(30):
            while (await listed(integration, batch.session_ids[0]))[0]["size"] == len(a_pdf()):
                continue


async def test_answers_come_in_envelopes(integration: Integration) -> None:
    """`{data}` and `{error}` envelopes; paths in any case; 201 on start and upload, 200 elsewhere."""
    await integration.introspect()
    session_id = await integration.start()
    for path in (START, START.upper(), "/Api-Session/V1.0/Start"):
        status, body = await integration.call("GET", path)
        assert (status, list(body)) == (201, ["data"]), path
    assert (await integration.upload(session_id, a_pdf()))[0] == 201
    for path in (storage(session_id, "list"), CONFIG, f"/api-session/v1.0/{session_id}/close"):
        status, body = await integration.call("GET", path)
        assert (status, list(body)) == (200, ["data"]), path
    for path in (storage(session_id, "list"), "/api-nothing/v1.0/here"):
        status, body = await integration.call("GET", path)
        assert (status, list(body["error"])) == (404, ["code", "message", "details"]), path


async def test_start_counts_sessions(integration: Integration) -> None:
    """start: `amount` from 1 to 100 (else 400); its presence decides the name of the key."""
    await integration.introspect()
    _, body = await integration.call("GET", START)
    assert list(body["data"]) == ["sessionId"]
    for amount in (1, 2, 100):
        status, body = await integration.call("GET", START, params={"amount": amount})
        assert (status, list(body["data"]), len(set(body["data"]["sessionIds"]))) == (201, ["sessionIds"], amount)
    for refused in ("0", "101", "-1", "many", ""):
        assert (await integration.call("GET", START, params={"amount": refused}))[0] == 400, refused


async def test_sessions_belong_to_a_client(integration: Integration, clock: Clock) -> None:
    """Sessions belong to a client id; a foreign, unknown, closed or expired one is not found (404).

    Close deletes the files.
    """
    stranger = Integration(integration.http, integration.sandbox, OTHER_CLIENT)
    for client in (integration, stranger):
        await client.introspect()
    (session_id,) = await sealed(integration, [a_pdf()])
    (entry,) = await listed(integration, session_id)
    folder = integration.sandbox.vendor.sessions.folder / session_id
    for client, session in ((stranger, session_id), (integration, "beef" * 16)):
        for name in ("list", entry["id"]):
            assert (await client.call("GET", storage(session, name)))[0] == 404
    assert (await integration.call("GET", f"/api-session/v1.0/{session_id}/close"))[0] == 200
    assert (await integration.call("GET", storage(session_id, entry["id"])))[0] == 404
    assert not folder.exists()
    expired = await integration.start()
    clock.advance(timedelta(hours=24))
    await integration.introspect()
    assert (await integration.call("GET", storage(expired, "list")))[0] == 404


async def test_upload_takes_one_multipart_file(integration: Integration, open_integration: OpenIntegration) -> None:
    """Upload takes only PUT, multipart, a part named `file`.

    A JSON or raw body is 415 or 400; a size over `fileMaxLength` is 413; a container's upload lists
    `includedDocuments`.
    """
    await integration.introspect()
    path = storage(await integration.start(), "upload")
    wrong_name = aiohttp.FormData()
    wrong_name.add_field("document", a_pdf(), filename="x.pdf")
    for method, request, expected in (
        ("POST", {"data": {"file": "x"}}, 405),
        ("PUT", {"json": {"file": b64(a_pdf())}}, 415),
        ("PUT", {"data": a_pdf()}, 415),
        ("PUT", {"data": wrong_name}, 400),
    ):
        status, body = await integration.call(method, path, **request)
        assert (status, list(body)) == (expected, ["error"]), request
    async with open_integration(file_max_length=1000) as narrow:
        await narrow.introspect()
        statuses = [(await narrow.upload(await narrow.start(), bytes(size)))[0] for size in (1000, 1001)]
    assert statuses == [201, 413]


async def test_calculate_digest_is_strict(integration: Integration, clock: Clock) -> None:
    """CalculateDigest: the certificate parses, is for signing (nonRepudiation) and within its validity.

    `signAsPdf` with `createNewEdoc` is 400; `signAsPdf` with what is no PDF, or not one file, is an error; one
    shared summary; a P-384 certificate gets 48-byte digests while `algorithm` stays SHA256; a new call voids the
    old digest.
    """
    seal, batch = certificate(integration), await prepared(integration, [a_pdf(), a_pdf("2")], the_seal(integration))
    digests = [base64.b64decode(digest) for digest in batch.digests]
    assert batch.summary == summary(*digests)
    both = [await integration.start() for _ in range(3)]
    for name in ("x.txt", "x.pdf"):
        await integration.upload(both[0], b"no pdf", name)
    await integration.upload(both[1], b"no pdf", "x.pdf")
    for sessions, presented, changes in (
        (batch.session_ids, "AAAA", {}),
        (batch.session_ids, the_auth_certificate(integration), {}),
        (batch.session_ids, seal, {"createNewEdoc": True}),
        *((session, seal, {}) for session in ([both[0]], [both[1]], [both[2]])),
    ):
        assert (await integration.calculate(sessions, presented, **changes))[0] == 400, (sessions, changes)
    _, body = await integration.calculate(batch.session_ids, certificate(integration, KeyKind.P384))
    assert body["data"]["algorithm"] == "SHA256"
    assert {len(base64.b64decode(one["digest"])) for one in body["data"]["sessionDigests"]} == {48}
    values = [b64(the_seal(integration).credential.sign_digest(digest)) for digest in digests]
    assert (await integration.finalize(batch.session_ids, values, the_auth_certificate(integration)))[0] == 400
    clock.advance(timedelta(days=4 * 365))
    await integration.introspect()
    assert (await integration.calculate([await integration.start()], seal))[0] == 400


async def test_finalize_verifies_each_value(integration: Integration) -> None:
    """finalizeSigning: each value verifies against its digest and certificate, else that session fails.

    DER for EC; P1363 is refused. `authCertificate` is a person's authentication certificate, neither a seal's nor a
    signing one. A session without a digest is an error, and so is a second finalize: nothing is sealed twice. It
    may fail for one of N with HTTP 200 or for all with 400, outlast the client, or answer 504 after the work.
    """
    batch, values = await signed(integration, a_pdf(), a_pdf("2"))
    identities = {one.description: one for one in integration.sandbox.vendor.people["anna"].identities}
    auth = the_auth_certificate(integration)

    async def failed(entries: list[str]) -> tuple[int, list[bool]]:
        status, body = await integration.finalize(batch.session_ids, entries, auth)
        return status, ["error" in one for one in body["data"]["results"]]

    for entries in (values[::-1], [p1363(value) for value in values], ["", "AAAA"]):
        assert await failed(entries) == (400, [True, True])
    for wrong in ("eparaksts:qsealc:sign", "eparaksts:serverid:sign", "eparaksts:mobileid:sign"):
        presented = b64(identities[wrong].credential.certificate_der)
        status, body = await integration.finalize(batch.session_ids, values, presented)
        assert (status, body["error"]["code"]) == (400, "signing:timestamp"), wrong
    for kind, expected in (("refused", (400, [True, True])), ("partial", (200, [True, False]))):
        await integration.order({"operation": "finalize", "kind": kind, "times": 1})
        assert await failed(values) == expected
    assert await failed(values) == (200, [False, True])
    assert await failed(values) == (400, [True, True])
    (fresh,) = (await prepared(integration, [a_pdf()], batch.seal)).session_ids
    status, body = await integration.finalize([fresh, await integration.start()], ["AAAA"] * 2, auth)
    assert (status, ["error" in one for one in body["data"]["results"]]) == (400, [True, True])
    assert integration.sandbox.vendor.counters.finalizations == 2
    await a_lost_answer_of_finalize(integration)


async def test_list_shows_the_sealed_file_alone(integration: Integration) -> None:
    """List differs before and after sealing; a download is an octet stream.

    `?type=asice` renames only.
    """
    batch, values = await signed(integration, a_pdf())
    (session_id,) = batch.session_ids
    (before,) = await listed(integration, session_id)
    await integration.finalize([session_id], values, the_auth_certificate(integration))
    (after,) = await listed(integration, session_id)
    assert (before["name"], before["type"]) == (after["name"], after["type"]) == ("rēķins.pdf", "file")
    assert before["id"] != after["id"]
    assert after["size"] > before["size"] == len(a_pdf())
    path = integration.url(storage(session_id, after["id"]))
    headers = {"Authorization": f"Bearer {integration.bearer}"}
    async with integration.http.get(path, headers=headers) as plain:
        content = await plain.read()
    async with integration.http.get(path, headers=headers, params={"type": "asice"}) as renamed:
        assert await renamed.read() == content
    assert (plain.content_type, renamed.content_type) == ("application/octet-stream",) * 2
    assert len(content) == after["size"]


async def test_sealed_files_are_real(integration: Integration, tmp_path: Path) -> None:
    """Sealed files are real PAdES and ASiC-E whose signatures lead to the sandbox's root.

    validate reports them, and TOTAL-FAILED after tampering.
    """
    root = integration.sandbox.vendor.authority.root_pem
    (session_id,) = await sealed(integration, [a_pdf()])
    document_id, content = await downloaded(integration, session_id)
    _, body = await report(integration, session_id, document_id)
    assert body["data"]["validationConclusion"] == "POSITIVE"
    assert openssl_verifies(content, root, tmp_path)
    altered = content.replace(b"/MediaBox", b"/mediaBox", 1)
    assert not openssl_verifies(altered, root, tmp_path)
    elsewhere = await integration.start()
    _, body = await integration.upload(elsewhere, altered)
    _, body = await report(integration, elsewhere, body["data"]["id"])
    assert {one["indication"] for one in body["data"]["signaturesExt"]} == {"TOTAL-FAILED"}


async def test_validate_reports_what_is_signed(integration: Integration) -> None:
    """validate: an inner file's id is 400 `BSS-002`, an unsigned file is 400; v1.0 and v2.0 shapes."""
    (session_id,) = await sealed(integration, [a_pdf()])
    document_id, _ = await downloaded(integration, session_id)
    for version, shown in (("1.0", FIRST), ("2.0", FIRST | SECOND)):
        _, body = await report(integration, session_id, document_id, version)
        assert set(body["data"]) == shown
        assert body["data"]["signaturesExt"][0]["indication"] == "TOTAL-PASSED"
    other = await integration.start()
    _, body = await integration.upload(other, a_pdf())
    for asked in (body["data"]["id"], "beef"):
        status, body = await report(integration, other, asked)
        assert (status, body["error"]["code"]) == (400, "BSS-002")


async def test_config_drives_the_limits(open_integration: OpenIntegration) -> None:
    """The configuration tells the limits in force; `eSealCreate` with a cloud seal is an error."""
    async with open_integration(file_max_length=1000, session_expiration=timedelta(hours=1)) as integration:
        await integration.introspect()
        _, body = await integration.call("GET", CONFIG)
        assert (body["data"]["fileMaxLength"], body["data"]["sessionExpirationTimeout"]) == (1000, 3600)
        session_id = await integration.start()
        assert (await integration.upload(session_id, bytes(1001)))[0] == 413
        order = {"sessions": [{"sessionId": session_id}], "authCertificate": the_auth_certificate(integration)}
        status, body = await integration.call("POST", "/api-sign/v1.0/eSealCreate", json=order | {"signKey": "AAAA"})
        assert (status, list(body)) == (400, ["error"])


async def test_weather_strikes_as_ordered(integration: Integration, clock: Clock) -> None:
    """Faults on order: 500, 502, 503, 504 and 429, a hang on the first start, a token that expires."""
    await integration.introspect()
    for status in (500, 502, 503, 504, 429):
        await integration.order({"operation": "start", "kind": "status", "status": status, "times": 1})
        assert [(await integration.call("GET", START))[0] for _ in range(2)] == [status, 201]
    await integration.order({"operation": "start", "kind": "delay", "seconds": 60, "times": 1})
    with pytest.raises(TimeoutError):
        await integration.call("GET", START, timeout=aiohttp.ClientTimeout(total=0.2))
    assert (await integration.call("GET", START))[0] == 201
    batch, _ = await signed(integration, a_pdf(), a_pdf("2"))
    token = await integration.signing_token(batch.seal.id, batch.summary)
    clock.advance(timedelta(minutes=10))
    assert (await integration.sign_batch(token, batch))[0] == 401
    assert (await integration.call("GET", START))[0] == 401
