"""Bad weather: which rule applies, and what each kind does to an answer."""

import base64
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sandbox.pki import KeyKind, verifies
from sandbox.weather.operations import Operation
from sandbox.weather.rules import SPECIAL, Kind, Rule, Weather, rule_for
from tests.sandbox.hanging_up import leave_unanswered
from tests.sandbox.integration import (
    ESIGP,
    Integration,
    Prepared,
    a_pdf,
    approve_and_sign,
    b64,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)
from tests.support.waiting import until

START = "/api-session/v1.0/start"


async def order(integration: Integration, *rules: dict[str, Any]) -> None:
    status, _ = await integration.call("POST", "/sandbox/weather", json={"rules": rules})
    assert status == 200


# The rules


@given(skip=st.integers(0, 5), times=st.none() | st.integers(1, 5), call=st.integers(0, 20))
def test_a_rule_applies_after_skip_calls_and_as_often_as_it_says(skip: int, times: int | None, call: int) -> None:
    rule = Rule(operation=Operation.START, kind=Kind.RESET, skip=skip, times=times)
    applied = [number for number in range(21) if rule.applies(number)]
    assert applied == list(range(skip, 21))[:times]
    assert rule.applies(call) is (call in applied)


def test_of_several_rules_that_fit_the_first_is_obeyed() -> None:
    first = Rule(operation=Operation.START, kind=Kind.STATUS, times=1)
    second = Rule(operation=Operation.START, kind=Kind.RESET)
    weather = Weather(rules=(first, second))
    assert [rule_for(weather, Operation.START, call) for call in range(3)] == [first, second, second]


def test_a_rule_leaves_other_operations_alone() -> None:
    weather = Weather(rules=(Rule(operation=Operation.START, kind=Kind.RESET),))
    assert rule_for(weather, Operation.CLOSE, 0) is None


@pytest.mark.parametrize("kind", list(SPECIAL))
def test_a_kind_that_cannot_happen_to_an_operation_is_refused(kind: Kind) -> None:
    with pytest.raises(ValidationError, match="cannot happen"):
        Rule(operation=Operation.AUTHORIZE, kind=kind)


# Ordering it


async def test_a_senseless_order_is_refused_and_changes_nothing(integration: Integration) -> None:
    await order(integration, {"operation": "start", "kind": "reset"})
    status, _ = await integration.call("POST", "/sandbox/weather", json={"rules": [{"operation": "rain"}]})
    _, body = await integration.call("GET", "/sandbox/weather")
    assert (status, len(body["rules"])) == (400, 1)


async def test_cleared_weather_is_over(integration: Integration) -> None:
    await integration.introspect()
    await order(integration, {"operation": "start", "kind": "status"})
    bad, _ = await integration.call("GET", START)
    await integration.call("DELETE", "/sandbox/weather")
    good, _ = await integration.call("GET", START)
    assert (bad, good) == (503, 201)


# What any call may meet


async def test_a_status_comes_in_the_envelope_of_its_service_with_retry_after(integration: Integration) -> None:
    await integration.introspect()
    await order(
        integration,
        {"operation": "start", "kind": "status", "status": 429, "retry_after": 7},
        {"operation": "users_me", "kind": "status", "status": 502},
    )
    async with integration.http.get(integration.url(START)) as reply:
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
        assert (await reply.json())["error"]["code"] == "weather"
    status, body = await integration.call("GET", "/trustedx-resources/openid/v1/users/me")
    assert (status, body["error"]) == (502, "weather")


@pytest.mark.parametrize(("when", "opened"), [({}, 0), ({"after_work": True}, 1)])
async def test_a_status_may_come_before_or_after_the_work(
    integration: Integration, when: dict[str, Any], opened: int
) -> None:
    await integration.introspect()
    await order(integration, {"operation": "start", "kind": "status", "status": 504} | when)
    status, _ = await integration.call("GET", START)
    _, counters = await integration.call("GET", "/sandbox/counters")
    assert (status, counters["sessions_open"]) == (504, opened)


@pytest.mark.parametrize(("when", "sealed_files"), [({}, 0), ({"after_work": True}, 1)])
async def test_a_reset_breaks_the_connection_off_before_or_after_the_work(
    integration: Integration, when: dict[str, Any], sealed_files: int
) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    await order(integration, {"operation": "finalize", "kind": "reset"} | when)
    with pytest.raises(aiohttp.ClientConnectionError):
        await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert integration.sandbox.vendor.counters.finalizations == sealed_files


async def test_an_impatient_client_leaves_and_the_work_is_done_all_the_same(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    await order(integration, {"operation": "finalize", "kind": "delay", "seconds": 60, "after_work": True})
    call = integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    await leave_unanswered(integration, Operation.FINALIZE, call)
    await until(lambda: integration.sandbox.vendor.counters.finalizations == 1)
    _, body = await integration.call("GET", f"/api-storage/v1.0/{batch.session_ids[0]}/list")
    assert body["data"][0]["size"] > len(a_pdf())


@pytest.mark.parametrize("operation", ["start", "download"])
async def test_half_a_body_is_half_a_body(integration: Integration, operation: str) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    download = f"/api-storage/v1.0/{session_id}/{body['data'][0]['id']}"
    await order(integration, {"operation": operation, "kind": "half_body"})
    with pytest.raises(aiohttp.ClientPayloadError):
        await integration.call("GET", START if operation == "start" else download)


# What only some calls may meet


async def a_batch(integration: Integration, key: KeyKind = KeyKind.P256) -> Prepared:
    return await prepare_batch(integration, [a_pdf("1"), a_pdf("2"), a_pdf("3")], the_seal(integration, key))


def right(batch: Prepared, values: Sequence[bytes]) -> list[bool]:
    certificate = batch.seal.credential.certificate
    digests = [base64.b64decode(digest) for digest in batch.digests]
    return [verifies(certificate, *pair) for pair in zip(digests, values, strict=True)]


@pytest.mark.parametrize(
    ("kind", "expected"), [("wrong_value", [False, True, True]), ("swapped", [False, False, True])]
)
async def test_signature_values_may_be_wrong_or_swapped(
    integration: Integration, kind: str, expected: list[bool]
) -> None:
    batch = await a_batch(integration)
    await order(integration, {"operation": "sign", "kind": kind})
    values = await approve_and_sign(integration, batch)
    assert right(batch, [base64.b64decode(value) for value in values]) == expected


async def test_a_signature_value_may_be_missing(integration: Integration) -> None:
    batch = await a_batch(integration)
    await order(integration, {"operation": "sign", "kind": "wrong_count"})
    assert len(await approve_and_sign(integration, batch)) == 2


@pytest.mark.parametrize(("key", "length"), [(KeyKind.P256, 64), (KeyKind.P384, 96), (KeyKind.RSA2048, 256)])
async def test_ecdsa_values_may_come_in_p1363(integration: Integration, key: KeyKind, length: int) -> None:
    batch = await a_batch(integration, key)
    await order(integration, {"operation": "sign", "kind": "p1363"})
    values = await approve_and_sign(integration, batch)
    assert [len(base64.b64decode(value)) for value in values] == [length] * 3


async def test_signature_values_may_be_wrapped_in_objects(integration: Integration) -> None:
    batch = await a_batch(integration)
    await order(integration, {"operation": "sign", "kind": "objects"})
    values: list[Any] = list(await approve_and_sign(integration, batch))
    assert right(batch, [base64.b64decode(value["value"]) for value in values]) == [True] * 3


async def test_signature_values_may_be_encoded_twice(integration: Integration) -> None:
    batch = await a_batch(integration)
    await order(integration, {"operation": "sign", "kind": "double_base64"})
    values = await approve_and_sign(integration, batch)
    assert right(batch, [base64.b64decode(base64.b64decode(value)) for value in values]) == [True] * 3


async def test_a_bare_value_may_be_wrong_too(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    await order(integration, {"operation": "sign", "kind": "wrong_value"})
    body = {
        "sign_identity_id": batch.seal.id,
        "signature_algorithm": "ecdsa",
        "digest_value": batch.digests[0],
    }
    _, value = await integration.call("POST", f"{ESIGP}/signatures/server/raw", token, json=body)
    assert right(batch, [value]) == [False]


@pytest.mark.parametrize(("kind", "count"), [("wrong_value", 3), ("swapped", 3), ("wrong_count", 2)])
async def test_digests_may_not_be_what_the_summary_says(integration: Integration, kind: str, count: int) -> None:
    await order(integration, {"operation": "calculate_digest", "kind": kind})
    batch = await a_batch(integration)
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    status, _ = await integration.sign_batch(token, batch)
    assert (status, len(batch.digests)) == (403, count)


@pytest.mark.parametrize(
    ("kind", "status", "failed"), [("partial", 200, [True, False, False]), ("refused", 400, [True, True, True])]
)
async def test_a_finalize_may_fail_for_one_or_for_all(
    integration: Integration, kind: str, status: int, failed: list[bool]
) -> None:
    batch = await a_batch(integration)
    values = await approve_and_sign(integration, batch)
    await order(integration, {"operation": "finalize", "kind": kind})
    answer, body = await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert (answer, ["error" in result for result in body["data"]["results"]]) == (status, failed)
    assert integration.sandbox.vendor.counters.finalizations == failed.count(False)


async def test_a_result_of_finalize_may_be_missing(integration: Integration) -> None:
    batch = await a_batch(integration)
    values = await approve_and_sign(integration, batch)
    await order(integration, {"operation": "finalize", "kind": "wrong_count"})
    _, body = await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert len(body["data"]["results"]) == 2
    assert integration.sandbox.vendor.counters.finalizations == 3


async def download(integration: Integration, session_id: str) -> Any:
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{body['data'][0]['id']}")
    return content


async def test_a_download_may_be_altered_by_one_bit(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    right_one = await download(integration, session_id)
    await order(integration, {"operation": "download", "kind": "wrong_value"})
    wrong_one = await download(integration, session_id)
    assert sum(a != b for a, b in zip(right_one, wrong_one, strict=True)) == 1


async def test_a_download_may_be_the_file_of_another_session(integration: Integration) -> None:
    first, second = await seal_documents(integration, [a_pdf("1"), a_pdf("2")])
    other = await download(integration, second)
    await order(integration, {"operation": "download", "kind": "swapped"})
    assert await download(integration, first) == other


async def test_an_identity_may_come_with_a_foreign_certificate(integration: Integration) -> None:
    identity = the_seal(integration)
    token = await integration.profile_token()
    await order(integration, {"operation": "sign_identity", "kind": "foreign_certificate"})
    assert await integration.certificate(token, identity.id) != b64(identity.credential.certificate_der)


async def test_a_report_may_say_failed_of_a_good_file(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    await order(integration, {"operation": "validate", "kind": "wrong_value"})
    path = f"/api-validation/v2.0/{session_id}/{body['data'][0]['id']}/validate"
    _, report = await integration.call("GET", path)
    assert report["data"]["validationConclusion"] == "NEGATIVE"


async def test_a_refusal_stays_a_refusal_in_any_weather(integration: Integration) -> None:
    await order(integration, {"operation": "sign", "kind": "swapped"})
    status, body = await integration.call("POST", f"{ESIGP}/signatures/server/raw/batch", "invented", json={})
    assert (status, body["error"]) == (401, "invalid_token")
