"""The HSM signs what was authorized, once, and nothing else."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.eidas.authorization import SIGN
from sandbox.people.person import Identity
from sandbox.pki import KeyKind, verifies
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import ESIGP, Clock, Integration, a_digest, b64, summary, the_seal

RAW = f"{ESIGP}/signatures/server/raw"
BATCH = f"{RAW}/batch"
THREE = (a_digest("doc-1"), a_digest("doc-2"), a_digest("doc-3"))
ALGORITHMS = {"rsa-2048": "rsa-sha256", "rsa-3072": "rsa-sha256", "p-256": "ecdsa", "p-384": "ecdsa"}


def batch(identity: Identity, digests: tuple[bytes, ...], **changes: Any) -> dict[str, Any]:
    return {
        "sign_identity_id": identity.id,
        "signature_algorithm": ALGORITHMS[identity.key],
        "requests": [{"digest_value": b64(digest)} for digest in digests],
    } | changes


async def test_the_vendor_vectors_of_the_summary_are_met() -> None:
    assert summary(THREE[0]) == "uQnbOatiRyg3hKfgO/pLYnyiseYKCPCSACkrnXmE0wc="
    assert summary(*THREE) == "Evc+B/Pcu8EySzqyHyrRMgpyl44jTP6By0bvZBkFCqw="


@pytest.mark.parametrize("key", list(KeyKind))
async def test_a_batch_is_signed_in_the_order_of_the_requests(integration: Integration, key: KeyKind) -> None:
    identity = the_seal(integration, key)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    status, body = await integration.call("POST", BATCH, token, json=batch(identity, THREE))
    values = [base64.b64decode(value) for value in body["signatures"]]
    certificate = identity.credential.certificate
    assert status == 200
    assert [verifies(certificate, *pair) for pair in zip(THREE, values, strict=True)] == [True] * 3


@pytest.mark.parametrize("key", list(KeyKind))
async def test_raw_answers_the_bare_bytes_of_one_value(integration: Integration, key: KeyKind) -> None:
    identity = the_seal(integration, key)
    token = await integration.authorize_signing(identity.id, summary(THREE[0]))
    order = {
        "sign_identity_id": identity.id,
        "signature_algorithm": ALGORITHMS[key],
        "digest_value": b64(THREE[0]).rstrip("="),
    }
    status, value = await integration.call("POST", RAW, token, json=order)
    assert status == 200
    assert verifies(identity.credential.certificate, THREE[0], value)


async def test_an_ecdsa_value_is_der(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(THREE[0]))
    _, body = await integration.call("POST", BATCH, token, json=batch(identity, THREE[:1]))
    assert all(decode_dss_signature(base64.b64decode(body["signatures"][0])))


@pytest.mark.parametrize(
    "digests",
    [THREE[::-1], THREE[:2], (*THREE, a_digest("doc-4")), (a_digest("doc-9"), *THREE[1:]), THREE[:1] * 3],
    ids=["reordered", "dropped", "extra", "altered", "repeated"],
)
async def test_other_digests_than_the_authorized_ones_are_refused_and_nothing_is_signed(
    integration: Integration, digests: tuple[bytes, ...]
) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    status, body = await integration.call("POST", BATCH, token, json=batch(identity, digests))
    assert (status, body["error"]) == (403, "access_denied")
    assert integration.sandbox.vendor.counters.signatures == 0


async def test_raw_does_not_sign_one_digest_of_an_authorized_batch(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    order = {"sign_identity_id": identity.id, "signature_algorithm": "ecdsa", "digest_value": b64(THREE[0])}
    status, _ = await integration.call("POST", RAW, token, json=order)
    assert status == 403


async def test_another_identity_than_the_authorized_one_is_refused(integration: Integration) -> None:
    token = await integration.authorize_signing(the_seal(integration).id, summary(*THREE))
    status, _ = await integration.call("POST", BATCH, token, json=batch(the_seal(integration, KeyKind.P384), THREE))
    assert status == 403


async def test_a_signing_token_is_spent_by_one_call(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    answers = [await integration.call("POST", BATCH, token, json=batch(identity, THREE)) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 401]


async def test_a_refused_call_spends_the_signing_token_too(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    refused, _ = await integration.call("POST", BATCH, token, json=batch(identity, THREE[::-1]))
    after, _ = await integration.call("POST", BATCH, token, json=batch(identity, THREE))
    assert (refused, after) == (403, 401)


async def test_of_two_calls_at_once_exactly_one_wins(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    calls = (integration.call("POST", BATCH, token, json=batch(identity, THREE)) for _ in range(5))
    answers = await asyncio.gather(*calls)
    assert sorted(status for status, _ in answers) == [200, 401, 401, 401, 401]
    assert integration.sandbox.vendor.counters.signature_calls == 1


async def test_a_vendor_may_allow_a_token_to_be_used_again(open_integration: OpenIntegration) -> None:
    async with open_integration(variants={"signing_token": "reusable"}) as integration:
        identity = the_seal(integration)
        token = await integration.authorize_signing(identity.id, summary(*THREE))
        answers = [await integration.call("POST", BATCH, token, json=batch(identity, THREE)) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]


async def test_a_signing_token_expires(integration: Integration, clock: Clock) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    clock.advance(timedelta(minutes=10))
    status, body = await integration.call("POST", BATCH, token, json=batch(identity, THREE))
    assert (status, body["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("path", [RAW, BATCH])
async def test_another_content_type_than_json_is_refused(integration: Integration, path: str) -> None:
    token = await integration.authorize_signing(the_seal(integration).id, summary(*THREE))
    status, _ = await integration.call("POST", path, token, data=b"{}", headers={"Content-Type": "text/plain"})
    assert status == 415


MALFORMED: list[dict[str, Any]] = [
    {"requests": []},
    {"requests": "all"},
    {"requests": [7]},
    {"requests": [{"digest_value": "?"}]},
    {"requests": [{"digest_value": b64(b"short")}]},
    {"requests": [{"digest_value": b64(THREE[0])}] * 5001},
    {"sign_identity_id": None},
    {"signature_algorithm": None},
    {"signature_algorithm": ["ecdsa"]},
    {"signature_algorithm": "rsa-sha1"},
]


@pytest.mark.parametrize("change", MALFORMED)
async def test_a_malformed_order_is_refused_and_leaves_the_token_unspent(
    integration: Integration, change: dict[str, Any]
) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    status, body = await integration.call("POST", BATCH, token, json=batch(identity, THREE, **change))
    assert (status, body["error"]) == (400, "invalid_request")
    after, _ = await integration.call("POST", BATCH, token, json=batch(identity, THREE))
    assert after == 200


@pytest.mark.parametrize(
    ("key", "algorithm"), [(KeyKind.P256, "rsa-sha256"), (KeyKind.RSA2048, "ecdsa"), (KeyKind.RSA2048, "rsa-sha384")]
)
async def test_an_algorithm_that_does_not_fit_key_or_digest_is_refused(
    integration: Integration, key: KeyKind, algorithm: str
) -> None:
    identity = the_seal(integration, key)
    token = await integration.authorize_signing(identity.id, summary(*THREE))
    order = batch(identity, THREE, signature_algorithm=algorithm)
    status, _ = await integration.call("POST", BATCH, token, json=order)
    assert status == 400


@pytest.mark.parametrize("name", ["sha384", "sha512"])
async def test_longer_digests_are_signed_with_their_own_hash(integration: Integration, name: str) -> None:
    identity, digest = the_seal(integration, KeyKind.RSA2048), hashlib.new(name, b"doc-1").digest()
    token = await integration.authorize_signing(identity.id, summary(digest))
    order = batch(identity, (digest,), signature_algorithm=f"rsa-{name}")
    _, body = await integration.call("POST", BATCH, token, json=order)
    assert verifies(identity.credential.certificate, digest, base64.b64decode(body["signatures"][0]))


async def test_each_request_may_name_its_own_algorithm(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.authorize_signing(identity.id, summary(THREE[0]))
    order = {
        "sign_identity_id": identity.id,
        "requests": [{"digest_value": b64(THREE[0]), "signature_algorithm": "ecdsa"}],
    }
    status, _ = await integration.call("POST", BATCH, token, json=order)
    assert status == 200


async def test_a_profile_token_cannot_sign(integration: Integration) -> None:
    status, body = await integration.call(
        "POST", BATCH, await integration.profile_token(), json=batch(the_seal(integration), THREE)
    )
    assert (status, body["error"]) == (403, "insufficient_scope")


async def test_an_introspect_token_cannot_sign(integration: Integration) -> None:
    await integration.introspect()
    status, _ = await integration.call("POST", BATCH, json=batch(the_seal(integration), THREE))
    assert status == 403


async def test_a_signing_token_tells_nothing_about_the_person(integration: Integration) -> None:
    token = await integration.authorize_signing(the_seal(integration).id, summary(*THREE))
    status, body = await integration.call("GET", "/trustedx-resources/openid/v1/users/me", token)
    assert (status, body["error"]) == (403, "insufficient_scope")
    assert SIGN not in body["error_description"]
