"""CalculateDigest: what may be prepared, and what is answered."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from sandbox.pki import Authority, KeyKind
from tests.sandbox.integration import (
    Clock,
    Integration,
    a_pdf,
    b64,
    prepare_batch,
    summary,
    the_auth_certificate,
    the_seal,
)

CALCULATE = "/api-sign/v1.0/CalculateDigest"


async def an_upload(integration: Integration, content: bytes | None = None, name: str = "x.pdf") -> str:
    await integration.introspect()
    session_id = await integration.start()
    await integration.upload(session_id, a_pdf() if content is None else content, name)
    return session_id


def seal_certificate(integration: Integration) -> str:
    return b64(the_seal(integration).credential.certificate_der)


@pytest.mark.parametrize(
    ("key", "algorithm", "length"),
    [
        (KeyKind.RSA2048, "rsa-sha256", 32),
        (KeyKind.RSA3072, "rsa-sha256", 32),
        (KeyKind.P256, "ecdsa", 32),
        (KeyKind.P384, "ecdsa", 48),
    ],
)
async def test_the_digest_and_its_algorithm_follow_the_key(
    integration: Integration, key: KeyKind, algorithm: str, length: int
) -> None:
    session_id = await an_upload(integration)
    certificate = b64(the_seal(integration, key).credential.certificate_der)
    _, body = await integration.calculate([session_id], certificate)
    (entry,) = body["data"]["sessionDigests"]
    assert entry["sessionId"] == session_id
    assert len(base64.b64decode(entry["digest"])) == length
    assert (body["data"]["signature_algorithm"], body["data"]["algorithm"]) == (algorithm, "SHA256")


async def test_many_sessions_share_one_summary_in_the_order_of_the_digests(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf(f"{place}") for place in range(3)], the_seal(integration))
    assert batch.summary == summary(*map(base64.b64decode, batch.digests))
    assert len(set(batch.digests)) == 3


async def test_more_sessions_are_prepared_in_one_call_than_one_start_opens(integration: Integration) -> None:
    await integration.introspect()
    session_ids = [await integration.start() for _ in range(101)]
    for session_id in session_ids:
        await integration.upload(session_id, a_pdf())
    status, body = await integration.calculate(session_ids, seal_certificate(integration))
    assert (status, len(body["data"]["sessionDigests"])) == (200, 101)


async def test_a_later_call_voids_the_earlier_digest(integration: Integration, clock: Clock) -> None:
    session_id = await an_upload(integration)
    _, first = await integration.calculate([session_id], seal_certificate(integration))
    clock.advance(timedelta(seconds=2))
    _, second = await integration.calculate([session_id], seal_certificate(integration))
    identity = the_seal(integration)
    values = [
        b64(identity.credential.sign_digest(base64.b64decode(body["data"]["sessionDigests"][0]["digest"])))
        for body in (first, second)
    ]
    old, _ = await integration.finalize([session_id], values[:1], the_auth_certificate(integration))
    new, _ = await integration.finalize([session_id], values[1:], the_auth_certificate(integration))
    assert (old, new) == (400, 200)


@pytest.mark.parametrize("certificate", [None, 7, "", "!!!", b64(b"no certificate")])
async def test_a_certificate_that_does_not_parse_is_refused(integration: Integration, certificate: Any) -> None:
    status, body = await integration.calculate([await an_upload(integration)], certificate)
    assert (status, body["error"]["code"]) == (400, "signing:certificate")


async def test_an_authentication_certificate_cannot_sign_documents(integration: Integration) -> None:
    status, body = await integration.calculate([await an_upload(integration)], the_auth_certificate(integration))
    assert status == 400
    assert "nonRepudiation" in body["error"]["message"]


async def test_an_expired_certificate_is_refused(integration: Integration, clock: Clock) -> None:
    clock.advance(timedelta(days=4 * 365))
    status, body = await integration.calculate([await an_upload(integration)], seal_certificate(integration))
    assert status == 400
    assert "expired" in body["error"]["message"]


async def test_a_certificate_of_another_authority_is_refused(integration: Integration, clock: Clock) -> None:
    elsewhere = Authority.create(clock()).seal_identity(
        "SIA CITS: eZīmogs",
        "SIA Cits",
        "40000000009",
        KeyKind.P256,
        not_before=clock() - timedelta(days=1),
        not_after=clock() + timedelta(days=1),
    )
    status, body = await integration.calculate([await an_upload(integration)], b64(elsewhere.certificate_der))
    assert status == 400
    assert "not issued" in body["error"]["message"]


async def test_a_pdf_signature_and_a_new_container_exclude_each_other(integration: Integration) -> None:
    session_id = await an_upload(integration)
    status, _ = await integration.calculate([session_id], seal_certificate(integration), createNewEdoc=True)
    assert status == 400


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"hello", "x.pdf"), (b"", "x.pdf"), (a_pdf()[: len(a_pdf()) // 2], "x.pdf"), (a_pdf(), "x.txt")],
    ids=["no-pdf", "empty", "damaged", "other-extension"],
)
async def test_what_is_no_sound_pdf_fails_the_whole_call(integration: Integration, content: bytes, name: str) -> None:
    sound, unsound = await an_upload(integration), await an_upload(integration, content, name)
    status, body = await integration.calculate([sound, unsound], seal_certificate(integration))
    assert (status, body["error"]["code"]) == (400, "signing:calculateDigest")
    assert unsound in body["error"]["message"]


@pytest.mark.parametrize("files", [0, 2])
async def test_a_session_must_hold_exactly_one_file(integration: Integration, files: int) -> None:
    await integration.introspect()
    session_id = await integration.start()
    for _ in range(files):
        await integration.upload(session_id, a_pdf())
    status, _ = await integration.calculate([session_id], seal_certificate(integration))
    assert status == 400


async def test_an_unknown_session_fails_the_whole_call(integration: Integration) -> None:
    status, _ = await integration.calculate([await an_upload(integration), "beef"], seal_certificate(integration))
    assert status == 404


@pytest.mark.parametrize("sessions", [None, [], [{}], ["x"], [{"sessionId": "a"}, {"sessionId": "a"}]])
async def test_a_malformed_list_of_sessions_is_refused(integration: Integration, sessions: Any) -> None:
    await integration.introspect()
    status, _ = await integration.calculate([], seal_certificate(integration), sessions=sessions)
    assert status == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
async def test_a_body_that_is_no_json_object_is_refused(integration: Integration, body: bytes) -> None:
    await integration.introspect()
    status, _ = await integration.call("POST", CALCULATE, data=body, headers={"Content-Type": "application/json"})
    assert status == 400


async def test_another_content_type_than_json_is_refused(integration: Integration) -> None:
    await integration.introspect()
    status, _ = await integration.call("POST", CALCULATE, data=b"{}", headers={"Content-Type": "text/plain"})
    assert status == 415
