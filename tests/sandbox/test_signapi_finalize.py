"""Finalizing: the right value makes a sealed file, once; anything else changes nothing."""

import asyncio
import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.pki import KeyKind
from tests.sandbox.integration import (
    Integration,
    a_pdf,
    approve_and_sign,
    b64,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)


async def list_files(integration: Integration, session_id: str) -> list[dict[str, Any]]:
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    return list(body["data"])


async def test_the_sealed_file_alone_is_listed_and_begins_with_the_original(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    (entry,) = await list_files(integration, session_id)
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{entry['id']}")
    assert entry["name"] == "rēķins.pdf"
    assert content.startswith(a_pdf())
    assert len(content) == entry["size"] > len(a_pdf())


async def test_a_second_finalize_is_an_error_and_seals_nothing_twice(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    answers = [
        await integration.finalize(batch.session_ids, values, the_auth_certificate(integration)) for _ in range(2)
    ]
    assert [status for status, _ in answers] == [200, 400]
    assert "error" in answers[1][1]["data"]["results"][0]
    assert integration.sandbox.vendor.counters.finalizations == 1


async def test_of_two_finalizations_at_once_one_wins(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    auth_certificate = the_auth_certificate(integration)
    calls = (integration.finalize(batch.session_ids, values, auth_certificate) for _ in range(3))
    assert sorted(status for status, _ in await asyncio.gather(*calls)) == [200, 400, 400]


async def test_a_sealed_session_is_not_prepared_again(integration: Integration) -> None:
    session_ids = await seal_documents(integration, [a_pdf()])
    certificate = b64(the_seal(integration).credential.certificate_der)
    status, _ = await integration.calculate(session_ids, certificate)
    assert status == 400


async def test_a_sealed_session_takes_no_more_files(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    status, _ = await integration.upload(session_id, a_pdf())
    assert status == 400


async def test_values_in_the_wrong_places_fail_session_by_session(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf("1"), a_pdf("2"), a_pdf("3")], the_seal(integration))
    first, second, third = await approve_and_sign(integration, batch)
    status, body = await integration.finalize(
        batch.session_ids, [second, first, third], the_auth_certificate(integration)
    )
    assert status == 200
    assert [result["sessionId"] for result in body["data"]["results"]] == batch.session_ids
    assert ["error" in result for result in body["data"]["results"]] == [True, True, False]


async def test_a_refused_value_leaves_room_for_the_right_one(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    refused, _ = await integration.finalize(batch.session_ids, ["AAAA"], the_auth_certificate(integration))
    accepted, _ = await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert (refused, accepted) == (400, 200)


async def test_an_ecdsa_value_in_p1363_is_refused(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    (value,) = await approve_and_sign(integration, batch)
    bare = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(base64.b64decode(value)))
    status, body = await integration.finalize(batch.session_ids, [b64(bare)], the_auth_certificate(integration))
    assert status == 400
    assert body["data"]["results"][0]["error"]["code"] == "signing:finalizeSigning"


async def test_a_session_without_a_digest_is_an_error(integration: Integration) -> None:
    await integration.introspect()
    session_id = await integration.start()
    status, body = await integration.finalize([session_id, "beef"], ["AAAA"] * 2, the_auth_certificate(integration))
    codes = [result["error"]["code"] for result in body["data"]["results"]]
    assert (status, codes) == (400, ["signing:finalizeSigning", "session:notFound"])


@pytest.mark.parametrize("description", ["eparaksts:qsealc:sign", "eparaksts:mobileid:sign", "eparaksts:serverid:sign"])
async def test_a_signing_certificate_is_not_let_in_to_the_timestamp_service(
    integration: Integration, description: str
) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    identities = integration.sandbox.vendor.people["anna"].identities
    identity = next(one for one in identities if one.description == description)
    certificate = b64(identity.credential.certificate_der)
    status, body = await integration.finalize(batch.session_ids, values, certificate)
    assert (status, body["error"]["code"]) == (400, "signing:timestamp")


async def test_a_session_closed_meanwhile_fails_alone(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf(f"{number}") for number in range(40)], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    calls = (
        integration.finalize(batch.session_ids, values, the_auth_certificate(integration)),
        integration.call("GET", f"/api-session/v1.0/{batch.session_ids[-1]}/close"),
    )
    status, body = (await asyncio.gather(*calls))[0]
    *others, closed = body["data"]["results"]
    assert status == 200
    assert not any("error" in result for result in others)
    assert closed.get("error", {}).get("code", "session:notFound") == "session:notFound"


async def test_the_same_session_twice_in_one_call_is_refused(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    status, _ = await integration.finalize(batch.session_ids * 2, values * 2, the_auth_certificate(integration))
    assert status == 400


async def test_a_new_upload_voids_the_digest(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    await integration.upload(batch.session_ids[0], a_pdf("other"))
    status, _ = await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert status == 400


@pytest.mark.parametrize("key", list(KeyKind))
async def test_every_kind_of_key_seals(integration: Integration, key: KeyKind) -> None:
    session_ids = await seal_documents(integration, [a_pdf("1"), a_pdf("2")], key)
    assert [len(await list_files(integration, session_id)) for session_id in session_ids] == [1, 1]
