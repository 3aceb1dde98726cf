"""The sixteen steps of the vendor's happy path, with every kind of key, over HTTP alone."""

from typing import Any

import pytest

from sandbox.pki import KeyKind
from tests.sandbox.integration import Integration, a_pdf, approve_and_sign, b64, prepare_batch, the_seal


async def enrol(integration: Integration, key: KeyKind) -> tuple[dict[str, Any], str, str]:
    """Steps 1 to 5: find the seal and read its certificate and the person's authentication certificate."""
    token = await integration.profile_token()
    identities = await integration.identities(token)
    wanted = f"({key.value.upper()})"
    seal = next(one for one in identities if any(wanted in label for label in one["labels"]))
    person = next(one for one in identities if one["description"] == "eparaksts:mobileid:auth")
    return (
        seal,
        await integration.certificate(token, seal["id"]),
        await integration.certificate(token, person["id"]),
    )


@pytest.mark.parametrize("key", list(KeyKind))
async def test_the_whole_path_seals_a_batch_with_one_approval_and_one_signature_call(
    integration: Integration, key: KeyKind
) -> None:
    seal, certificate, auth_certificate = await enrol(integration, key)
    originals = [a_pdf(f"Rēķins {number}") for number in range(3)]
    # Steps 6 to 9.
    batch = await prepare_batch(integration, originals, the_seal(integration, key))
    assert (batch.seal.id, b64(batch.seal.credential.certificate_der)) == (seal["id"], certificate)
    # Steps 10 to 13.
    values = await approve_and_sign(integration, batch)
    status, _ = await integration.finalize(batch.session_ids, values, auth_certificate)
    assert status == 200
    # Steps 14 to 16.
    for session_id, original in zip(batch.session_ids, originals, strict=True):
        await check_sealed_file(integration, session_id, original)
    assert await read_counters(integration) == {
        "authorizations": 1,
        "signature_calls": 1,
        "signatures": 3,
        "finalizations": 3,
        "held": {},
        "sessions_open": 0,
    }


async def check_sealed_file(integration: Integration, session_id: str, original: bytes) -> None:
    """Download, validate and close one session."""
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    (entry,) = body["data"]
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{entry['id']}")
    assert content.startswith(original)
    _, report = await integration.call("GET", f"/api-validation/v2.0/{session_id}/{entry['id']}/validate")
    assert report["data"]["signaturesExt"][0]["indication"] == "TOTAL-PASSED"
    status, _ = await integration.call("GET", f"/api-session/v1.0/{session_id}/close")
    assert status == 200


async def read_counters(integration: Integration) -> dict[str, int]:
    _, counters = await integration.call("GET", "/sandbox/counters")
    assert counters.pop("calls")["finalize"] == 1
    return dict(counters)


async def test_the_front_page_says_what_this_is(integration: Integration) -> None:
    _, page = await integration.call("GET", "/")
    assert "An eParaksts to practise with" in page.decode()


async def test_the_root_certificate_is_there_to_be_trusted(integration: Integration) -> None:
    _, pem = await integration.call("GET", "/sandbox/root.pem")
    assert pem == integration.sandbox.vendor.authority.root_pem
