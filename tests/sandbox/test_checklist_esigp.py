"""The checklist of a faithful vendor, esigp: a test for each requirement."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

from sandbox.eidas.authorization import CLAIMS
from sandbox.people.person import Identity
from sandbox.pki import KeyKind, verifies
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import ESIGP, Clock, Integration, a_digest, b64, summary, the_seal

USERS_ME = "/trustedx-resources/openid/v1/users/me"
RAW = f"{ESIGP}/signatures/server/raw"
BATCH = f"{RAW}/batch"
THREE = (a_digest("doc-1"), a_digest("doc-2"), a_digest("doc-3"))


def order(identity: Identity, *digests: bytes, algorithm: str = "ecdsa") -> dict[str, Any]:
    """Return the body of a batch; for one digest it is the body of `/raw` too."""
    requests = [{"digest_value": b64(digest)} for digest in digests]
    return {"sign_identity_id": identity.id, "signature_algorithm": algorithm, "requests": requests} | requests[0]


def usual(identity: Identity) -> str:
    """Return the algorithm for SHA-256 digests and this kind of key."""
    return "rsa-sha256" if identity.key.startswith("rsa") else "ecdsa"


async def test_users_me_lists_identities(integration: Integration) -> None:
    """users/me: no certificates inside; `sign_identities` with the profile scope only; labels in no order.

    There are people with no, one and several seals, one disabled, some labelled `esealc`, CNs spaced in several
    ways, and serverid and mobileid identities. GET and POST are answered alike.
    """
    _, body = await integration.call("GET", USERS_ME, await integration.profile_token(scope=CLAIMS))
    assert "sign_identities" not in body
    token = await integration.profile_token()
    assert await integration.call("POST", USERS_ME, token) == await integration.call("GET", USERS_ME, token)
    people = {
        login: await integration.identities(await integration.profile_token(login))
        for login in integration.sandbox.vendor.people
    }
    seals = {login: [one for one in listed if ":qsealc:" in one["description"]] for login, listed in people.items()}
    everything = [one for listed in people.values() for one in listed]
    assert all("details" not in one for one in everything)
    assert {len(some) for some in seals.values()} >= {0, 1, 4}
    assert {one["status"]["value"] for one in everything} == {"enabled", "disabled"}
    labels = [label for some in seals.values() for one in some for label in one["labels"]]
    assert {"qsealc", "esealc"} <= set(labels)
    assert any(one["labels"] != sorted(one["labels"]) for one in everything)
    assert all(any(spacing in label for label in labels) for spacing in ("): eZīmogs", ") : eZīmogs", ") :eZīmogs"))
    assert {one["description"] for one in everything} >= {"eparaksts:serverid:sign", "eparaksts:mobileid:auth"}


async def test_sign_identity_is_wrapped(integration: Integration, open_integration: OpenIntegration) -> None:
    """sign_identities/{id}: wrapped in `identity`, or flat; 404 elsewhere.

    It may not be ready for the first calls.
    """
    seal = the_seal(integration)
    path = f"{ESIGP}/sign_identities/{seal.id}"
    _, wrapped = await integration.call("GET", path, await integration.profile_token())
    assert wrapped["identity"]["details"]["certificate"] == b64(seal.credential.certificate_der)
    for elsewhere in (f"{ESIGP}/sign_identities/nothing", f"/trustedx-resources/openid/v1/sign_identities/{seal.id}"):
        status, body = await integration.call("GET", elsewhere, await integration.profile_token())
        assert (status, body["error"]) == (404, "NotFoundException")
    async with open_integration(variants={"identity": "flat"}, late_certificates=2) as late:
        token = await late.profile_token()
        answers = [await late.call("GET", path, token) for _ in range(3)]
    assert [status for status, _ in answers] == [404, 404, 200]
    assert answers[2][1]["id"] == seal.id


async def test_signing_needs_json(integration: Integration) -> None:
    """Signing needs `Content-Type: application/json` (else 415)."""
    token = await integration.authorize_signing(the_seal(integration).id, summary(*THREE))
    for path in (RAW, BATCH):
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            status, _ = await integration.call("POST", path, token, data=b"{}", headers={"Content-Type": kind})
            assert status == 415


async def test_raw_answers_bytes_and_batch_json(integration: Integration) -> None:
    """`/raw` answers raw bytes, `/raw/batch` JSON with base64 in the order of the requests."""
    seal = the_seal(integration)
    certificate = seal.credential.certificate
    token = await integration.authorize_signing(seal.id, summary(THREE[0]))
    status, value = await integration.call("POST", RAW, token, json=order(seal, THREE[0]))
    assert status == 200
    assert verifies(certificate, THREE[0], value)
    token = await integration.authorize_signing(seal.id, summary(*THREE))
    _, body = await integration.call("POST", BATCH, token, json=order(seal, *THREE))
    values = [base64.b64decode(text, validate=True) for text in body["signatures"]]
    assert all(verifies(certificate, *pair) for pair in zip(THREE, values, strict=True))


async def test_token_is_bound_to_identity_and_summary(integration: Integration) -> None:
    """A signing token is bound to one identity and one summary.

    H(d1‖…‖dn) is recomputed over the requests in their order; a reordered, dropped, added or altered digest is
    refused, and nothing is signed.
    """
    seal, other = the_seal(integration), the_seal(integration, KeyKind.P384)
    four = a_digest("doc-4")
    for identity, digests in (
        (other, THREE),
        (seal, THREE[::-1]),
        (seal, THREE[:2]),
        (seal, (*THREE, four)),
        (seal, (four, *THREE[1:])),
    ):
        token = await integration.authorize_signing(seal.id, summary(*THREE))
        status, body = await integration.call("POST", BATCH, token, json=order(identity, *digests))
        assert (status, body["error"]) == (403, "access_denied"), digests
    token = await integration.authorize_signing(seal.id, summary(*THREE))
    assert (await integration.call("POST", RAW, token, json=order(seal, THREE[0])))[0] == 403
    assert integration.sandbox.vendor.counters.signatures == 0
    token = await integration.authorize_signing(seal.id, summary(*THREE))
    assert (await integration.call("POST", BATCH, token, json=order(seal, *THREE)))[0] == 200


async def test_signing_token_works_once(
    integration: Integration, open_integration: OpenIntegration, clock: Clock
) -> None:
    """A signing token works once and expires; of several uses at once exactly one wins."""
    seal = the_seal(integration)
    body = order(seal, *THREE)
    token = await integration.authorize_signing(seal.id, summary(*THREE))
    answers = await asyncio.gather(*(integration.call("POST", BATCH, token, json=body) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 401, 401, 401]
    token = await integration.authorize_signing(seal.id, summary(*THREE))
    clock.advance(timedelta(minutes=10))
    assert (await integration.call("POST", BATCH, token, json=body))[0] == 401
    async with open_integration(variants={"signing_token": "reusable"}, token_lifetime=timedelta(days=1)) as lenient:
        token = await lenient.authorize_signing(seal.id, summary(*THREE))
        clock.advance(timedelta(hours=1))
        assert [(await lenient.call("POST", BATCH, token, json=body))[0] for _ in range(2)] == [200, 200]


async def test_signature_algorithm_fits_key_and_digest(integration: Integration) -> None:
    """`signature_algorithm` must fit the key (ecdsa: EC, rsa-*: RSA) and the digest's length.

    An unknown one is 400. Unpadded base64 is accepted.
    """
    ec, rsa, long = the_seal(integration), the_seal(integration, KeyKind.RSA2048), bytes(48)
    for seal, digest, algorithm, expected in (
        (ec, THREE[0], "rsa-sha256", 400),
        (rsa, THREE[0], "ecdsa", 400),
        (rsa, long, "rsa-sha256", 400),
        (rsa, THREE[0], "rsa-sha384", 400),
        (ec, bytes(20), "ecdsa", 400),
        (ec, THREE[0], "eddsa", 400),
        (rsa, long, "rsa-sha384", 200),
    ):
        token = await integration.authorize_signing(seal.id, summary(digest))
        body = order(seal, digest, algorithm=algorithm) | {"digest_value": b64(digest).rstrip("=")}
        assert (await integration.call("POST", RAW, token, json=body))[0] == expected, (seal.key, algorithm)


async def test_keys_are_real(integration: Integration) -> None:
    """Real keys of every kind: EC P-256 and P-384, RSA-2048 and RSA-3072.

    Signature values may come as P1363, inside objects, too few, or in another order.
    """

    async def values(key: KeyKind) -> list[Any]:
        seal = the_seal(integration, key)
        token = await integration.authorize_signing(seal.id, summary(*THREE))
        _, body = await integration.call("POST", BATCH, token, json=order(seal, *THREE, algorithm=usual(seal)))
        return list(body["signatures"])

    for key in KeyKind:
        certificate = the_seal(integration, key).credential.certificate
        pairs = zip(THREE, await values(key), strict=True)
        assert all(verifies(certificate, digest, base64.b64decode(text)) for digest, text in pairs), key
    await integration.choose(ecdsa="p1363", batch_reply="values")
    for key, length in ((KeyKind.P256, 64), (KeyKind.P384, 96)):
        assert {len(base64.b64decode(one["value"])) for one in await values(key)} == {length}
    await integration.choose()
    for kind, expected in (("wrong_count", [True] * 2), ("swapped", [False, False, True])):
        await integration.order({"operation": "sign", "kind": kind})
        pairs = zip(THREE, await values(KeyKind.P256), strict=False)
        certificate = the_seal(integration).credential.certificate
        assert [verifies(certificate, digest, base64.b64decode(text)) for digest, text in pairs] == expected
