"""What a client sees of how many documents are taken at once, and of what one authorization is good for."""

from dataclasses import replace
from datetime import timedelta

from tests.sandbox.integration import (
    CLIENT,
    Clock,
    Integration,
    Prepared,
    a_digest,
    b64,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.probes import START, a_batch


async def statuses_of_two_parts(integration: Integration) -> object:
    batch = await a_batch(integration)
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    parts = [replace(batch, digests=[digest]) for digest in batch.digests]
    return [(await integration.sign_batch(token, part))[0] for part in parts]


async def life_of_a_signing_token(integration: Integration) -> object:
    batch = await a_batch(integration)
    target = await integration.consent(integration.key_question(batch.seal.id, batch.summary))
    again = {"code": target.query["code"], "redirect_uri": CLIENT.redirect_uris[0]}
    _, answer = await integration.ask_token(grant_type="authorization_code", **again)
    clock, life = integration.sandbox.vendor.now, answer["expires_in"]
    assert isinstance(clock, Clock)
    clock.advance(timedelta(seconds=life))
    assert (await integration.sign_batch(answer["access_token"], batch))[0] == 401
    return life


FIGURES = (1001, 1000, 101, 100, 11, 10)
"""One more than each figure that a limit may have, and that figure."""


def largest_taken(statuses: dict[int, int]) -> int | None:
    """The largest number that was not refused for itself; None where all were taken."""
    taken = [count for count, status in statuses.items() if status != 400]
    return None if len(taken) == len(FIGURES) else max(taken)


async def sessions_that_are_counted_before_digests_are_calculated(integration: Integration) -> object:
    await integration.introspect()
    certificate = b64(the_seal(integration).credential.certificate_der)
    statuses = {}
    for count in FIGURES:
        # Unknown ones: 404 says that they were counted and were not too many.
        sessions = [{"sessionId": f"unknown-{number}"} for number in range(count)]
        body = {"sessions": sessions, "certificate": certificate}
        statuses[count] = (await integration.call("POST", "/api-sign/v1.0/CalculateDigest", json=body))[0]
    return largest_taken(statuses)


async def values_that_are_counted_before_they_are_used(integration: Integration) -> object:
    await integration.introspect()
    certificate = the_auth_certificate(integration)
    statuses = {}
    for count in FIGURES:
        values = [{"sessionId": f"unknown-{number}", "signatureValue": "AA=="} for number in range(count)]
        body = {"sessionSignatureValues": values, "authCertificate": certificate}
        _, answer = await integration.call("POST", "/api-sign/v1.0/finalizeSigning", json=body)
        statuses[count] = 200 if "data" in answer else 400
    return largest_taken(statuses)


async def digests_that_are_counted_before_they_are_signed(integration: Integration) -> object:
    batch = await a_batch(integration)
    statuses = {}
    for count in FIGURES:
        # Not what was authorized: 403 says that they were counted and were not too many, and spends the token.
        token = await integration.authorize_signing(batch.seal.id, batch.summary)
        too_many = replace(batch, digests=[batch.digests[0]] * count)
        statuses[count] = (await integration.sign_batch(token, too_many))[0]
    return largest_taken(statuses)


async def is_consent_asked_for_digests_of_a_hundred_and_one(integration: Integration) -> object:
    batch = await a_batch_of_hashes(integration, 101)
    target = await integration.consent(integration.key_question(batch.seal.id, batch.summary))
    assert target.query.get("error", "invalid_request") == "invalid_request"
    return "code" in target.query


async def refusal_of_too_many(integration: Integration) -> object:
    style = integration.sandbox.vendor.variants.too_many
    await integration.choose(too_many=style, sign_limit="10")
    batch = await a_batch(integration)
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    status, answer = await integration.sign_batch(token, replace(batch, digests=[batch.digests[0]] * 11))
    return status, "10" in answer["error_description"]


async def status_of_a_smaller_call_after_one_too_large(integration: Integration) -> object:
    await integration.choose(refused_batch=integration.sandbox.vendor.variants.refused_batch, sign_limit="10")
    batch = await a_batch(integration)
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    await integration.sign_batch(token, replace(batch, digests=[batch.digests[0]] * 11))
    return (await integration.sign_batch(token, replace(batch, digests=batch.digests[:1])))[0]


async def a_batch_of_hashes(integration: Integration, count: int) -> Prepared:
    """So many documents of which the vendor has the hashes alone."""
    await integration.introspect()
    ids: list[str] = []
    while len(ids) < count:
        amount = min(100, count - len(ids))
        _, started = await integration.call("GET", f"{START}?amount={amount}")
        ids += started["data"]["sessionIds"]
    for number, session in enumerate(ids):
        file = {"name": "a.txt", "digest": b64(a_digest(str(number))), "digest_algorithm": "SHA256"}
        path = f"/api-storage/v1.0/{session}/addDocumentDigest"
        status, _ = await integration.call("POST", path, json={"files": [file]})
        assert status < 300
    seal = the_seal(integration)
    certificate = b64(seal.credential.certificate_der)
    status, body = await integration.calculate(ids, certificate, signAsPdf=False, createNewEdoc=True)
    assert status == 200, body
    answer = body["data"]
    digests = [entry["digest"] for entry in answer["sessionDigests"]]
    return Prepared(seal, ids, digests, answer["digests_summary"], answer["signature_algorithm"])
