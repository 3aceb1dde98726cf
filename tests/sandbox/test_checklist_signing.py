"""The checklist of a faithful vendor, SignAPI's digests and sealed files: a test for each requirement."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.pki import KeyKind
from sandbox.weather.operations import Operation
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.containers import rewritten
from tests.sandbox.hanging_up import leave_unanswered
from tests.sandbox.integration import (
    Clock,
    Integration,
    Prepared,
    a_pdf,
    approve_and_sign,
    b64,
    prepare_batch,
    seal_documents,
    summary,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.sealing import (
    a_container,
    download_sealed,
    list_files,
    report,
    validate,
)
from tests.sandbox.verifiers import openssl_verifies
from tests.sandbox.xades_verifiers import xmlsec1_accepts
from tests.support.waiting import PATIENCE

START = "/api-session/v1.0/start"
CONFIG = "/api-config/v1.0/"
ASICE = {"type": "asice"}
COUNTS = {"signaturesCount", "validSignaturesCount"}
MATTER = {"validationTime", "validationLevel", "validatedDocument", "signatureForm", "includedFiles", "signaturesExt"}
FIRST = COUNTS | MATTER  # what a report of either version tells
SECOND = {"validationConclusion"}  # what v2.0 adds


def certificate(integration: Integration, key: KeyKind = KeyKind.P256) -> str:
    return b64(the_seal(integration, key).credential.certificate_der)


async def prepare_and_sign(integration: Integration, *documents: bytes) -> tuple[Prepared, list[str]]:
    """Return sessions that only need to be finalized, with their signature values."""
    batch = await prepare_batch(integration, documents, the_seal(integration))
    return batch, await approve_and_sign(integration, batch)


async def download(integration: Integration, session_id: str, document_id: str, **query: str) -> tuple[bytes, str]:
    """Return a file's bytes and under which name it is to be saved; it must be an octet stream."""
    headers = {"Authorization": f"Bearer {integration.bearer}"}
    path = integration.url(f"/api-storage/v1.0/{session_id}/{document_id}")
    async with integration.http.get(path, headers=headers, params=query) as reply:
        assert reply.content_type == "application/octet-stream"
        return await reply.read(), reply.headers["Content-Disposition"]


def p1363(value: str) -> str:
    """Return a DER value of a P-256 key as r ‖ s."""
    return b64(b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(base64.b64decode(value))))


async def a_lost_answer_of_finalize(integration: Integration) -> None:
    """See finalize outlast the client, and see it answer 504, both after the work was done."""
    for fault in ({"kind": "delay", "seconds": 60}, {"kind": "status", "status": 504}):
        batch, values = await prepare_and_sign(integration, a_pdf())
        await integration.order({"operation": "finalize", "after_work": True} | fault)
        call = integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
        if fault["kind"] == "delay":
            await leave_unanswered(integration, Operation.FINALIZE, call)
        else:
            assert (await call)[0] == 504
        async with asyncio.timeout(PATIENCE):
            while (await list_files(integration, batch.session_ids[0]))[0]["size"] == len(a_pdf()):
                continue


async def test_calculate_digest_is_strict(integration: Integration, clock: Clock) -> None:
    """CalculateDigest: the certificate parses, is for signing (nonRepudiation) and within its validity.

    `signAsPdf` with `createNewEdoc` is 400; `signAsPdf` with what is no PDF, or not one file, is an error; one
    shared summary; a P-384 certificate gets 48-byte digests while `algorithm` stays SHA256; a new call voids the
    old digest.
    """
    seal, batch = (
        certificate(integration),
        await prepare_batch(integration, [a_pdf(), a_pdf("2")], the_seal(integration)),
    )
    digests = [base64.b64decode(digest) for digest in batch.digests]
    assert batch.summary == summary(*digests)
    unfit = [await integration.start() for _ in range(4)]
    for place, (content, name) in enumerate([(a_pdf(), "x.txt"), (b"no pdf", "x.pdf"), (a_pdf(), "x.pdf")]):
        await integration.upload(unfit[place], content, name)
    await integration.upload(unfit[2], a_pdf(), "y.pdf")
    for sessions, presented, changes in (
        (batch.session_ids, "AAAA", {}),
        (batch.session_ids, the_auth_certificate(integration), {}),
        (batch.session_ids, seal, {"createNewEdoc": True}),
        *(([session], seal, {}) for session in unfit),
    ):
        assert (await integration.calculate(sessions, presented, **changes))[0] == 400, (sessions, changes)
    _, body = await integration.calculate(batch.session_ids, certificate(integration, KeyKind.P384))
    assert body["data"]["algorithm"] == "SHA256"
    assert {len(base64.b64decode(one["digest"])) for one in body["data"]["sessionDigests"]} == {48}
    values = [b64(the_seal(integration).credential.sign_digest(digest)) for digest in digests]
    assert (await integration.finalize(batch.session_ids, values, the_auth_certificate(integration)))[0] == 400
    clock.advance(timedelta(days=4 * 365))
    await integration.introspect()
    await integration.upload(later := await integration.start(), a_pdf())
    _, body = await integration.calculate([later], seal)
    assert "expired" in body["error"]["message"]


async def test_finalize_verifies_each_value(integration: Integration) -> None:
    """finalizeSigning: each value verifies against its digest and certificate, else that session fails.

    DER for EC; P1363 is refused. `authCertificate` is a person's authentication certificate, neither a seal's nor a
    signing one. A session without a digest is an error, and so is a second finalize: nothing is sealed twice. It
    may fail for one of N with HTTP 200 or for all with 400, outlast the client, or answer 504 after the work.
    """
    batch, values = await prepare_and_sign(integration, a_pdf(), a_pdf("2"))
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
    (fresh,) = (await prepare_batch(integration, [a_pdf()], batch.seal)).session_ids
    status, body = await integration.finalize([fresh, await integration.start()], ["AAAA"] * 2, auth)
    assert (status, ["error" in one for one in body["data"]["results"]]) == (400, [True, True])
    assert integration.sandbox.vendor.counters.finalizations == 2
    await a_lost_answer_of_finalize(integration)


async def test_list_shows_the_sealed_file_alone(integration: Integration) -> None:
    """A list differs before and after sealing; a download is an octet stream.

    `?type=asice` renames only.
    """
    batch, values = await prepare_and_sign(integration, a_pdf())
    (session_id,) = batch.session_ids
    (before,) = await list_files(integration, session_id)
    await integration.finalize([session_id], values, the_auth_certificate(integration))
    (after,) = await list_files(integration, session_id)
    assert (before["name"], before["type"]) == (after["name"], after["type"]) == ("rēķins.pdf", "file")
    assert before["id"] != after["id"]
    assert after["size"] > before["size"] == len(a_pdf())
    content, disposition = await download(integration, session_id, after["id"])
    assert len(content) == after["size"]
    assert disposition.endswith(".pdf")
    edoc = await a_container(integration)
    _, body = await integration.upload(session := await integration.start(), edoc, "x.edoc")
    plain, renamed = [await download(integration, session, body["data"]["id"], **query) for query in ({}, ASICE)]
    assert (plain[1][-6:], renamed[1][-6:]) == ("x.edoc", ".asice")
    assert plain[0] == renamed[0] == edoc


async def test_sealed_files_are_real(integration: Integration, tmp_path: Path) -> None:
    """Sealed files are real PAdES and ASiC-E whose signatures lead to the sandbox's root.

    validate reports them, and TOTAL-FAILED after tampering.
    """
    root = integration.sandbox.vendor.authority.root_pem
    (session_id,) = await seal_documents(integration, [a_pdf()])
    pdf, edoc = await download_sealed(integration, session_id), tmp_path / "x.edoc"
    edoc.write_bytes(await a_container(integration))
    assert openssl_verifies(pdf, root, tmp_path)
    assert xmlsec1_accepts(edoc, root, tmp_path / "whole")
    altered = rewritten(edoc, tmp_path / "y.edoc", {"līgums.xml": b"<contract>more</contract>"})
    for content, name, expected in (
        (pdf, "x.pdf", "TOTAL-PASSED"),
        (pdf.replace(b"/MediaBox", b"/mediaBox", 1), "x.pdf", "TOTAL-FAILED"),
        (edoc.read_bytes(), "x.edoc", "TOTAL-PASSED"),
        (altered.read_bytes(), "x.edoc", "TOTAL-FAILED"),
    ):
        _, body = await validate(integration, content, name)
        assert {one["indication"] for one in body["data"]["signaturesExt"]} == {expected}, name
    assert not openssl_verifies(pdf.replace(b"/MediaBox", b"/mediaBox", 1), root, tmp_path)
    assert not xmlsec1_accepts(altered, root, tmp_path / "altered")


async def test_validate_reports_what_is_signed(integration: Integration) -> None:
    """validate: an inner file's id is 400 `BSS-002`, an unsigned file is 400; v1.0 and v2.0 shapes."""
    (session_id,) = await seal_documents(integration, [a_pdf()])
    (entry,) = await list_files(integration, session_id)
    for version, shown in (("v1.0", FIRST), ("v2.0", FIRST | SECOND)):
        _, body = await report(integration, session_id, entry["id"], version)
        assert set(body["data"]) == shown
        assert body["data"]["signaturesExt"][0]["indication"] == "TOTAL-PASSED"
    other = await integration.start()
    _, unsigned = await integration.upload(other, a_pdf())
    _, held = await integration.upload(other, await a_container(integration), "x.edoc")
    for asked in (unsigned["data"]["id"], held["data"]["includedDocuments"][0]["id"], "beef"):
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


async def test_weather_applies_as_ordered(integration: Integration) -> None:
    """Faults on order: 500, 502, 503, 504 and 429, a hang on the first start, a token that expires."""
    await integration.introspect()
    for status in (500, 502, 503, 504, 429):
        await integration.order({"operation": "start", "kind": "status", "status": status, "times": 1})
        assert [(await integration.call("GET", START))[0] for _ in range(2)] == [status, 201]
    await integration.order({"operation": "start", "kind": "hang", "times": 1})
    await leave_unanswered(integration, Operation.START, integration.call("GET", START))
    session_id = await integration.start()
    await integration.order({"operation": "upload", "kind": "expired_token", "skip": 1, "times": 1})
    assert [(await integration.upload(session_id, a_pdf()))[0] for _ in range(2)] == [201, 401]
    batch = await prepare_batch(integration, [a_pdf(), a_pdf("2")], the_seal(integration))
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    await integration.order({"operation": "sign", "kind": "expired_token"})
    assert (await integration.sign_batch(token, batch))[0] == 401
