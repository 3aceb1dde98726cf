"""Bad weather that needs a story: patience, proxies, tokens and codes that die, and work nobody waits for."""

import asyncio
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule
from tests.sandbox.hanging_up import leave_unanswered
from tests.sandbox.integration import (
    Clock,
    Integration,
    a_pdf,
    approve_and_sign,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.sealing import add_digests, hashed
from tests.sandbox.sealing import list_files as files
from tests.support.waiting import PATIENCE

START = "/api-session/v1.0/start"


async def order(integration: Integration, **rule: Any) -> None:
    status, body = await integration.call("POST", "/sandbox/weather", json={"rules": [rule]})
    assert status == 200, body


async def test_retry_after_may_be_a_moment(integration: Integration, clock: Clock) -> None:
    await order(integration, operation="start", kind="status", status=429, retry_after=90, retry_after_date=True)
    async with integration.http.get(integration.url(START)) as reply:
        moment = parsedate_to_datetime(reply.headers["Retry-After"])
    assert (reply.status, (moment - clock().astimezone(UTC).replace(microsecond=0)).total_seconds()) == (429, 90)


async def test_too_many_requests_may_come_without_advice(integration: Integration) -> None:
    await order(integration, operation="start", kind="status", status=429)
    async with integration.http.get(integration.url(START)) as reply:
        assert (reply.status, "Retry-After" in reply.headers) == (429, False)


async def test_a_proxy_answers_with_a_page_of_its_own(integration: Integration) -> None:
    await order(integration, operation="start", kind="status", status=502, page=True)
    async with integration.http.get(integration.url(START)) as reply:
        assert (reply.status, reply.content_type) == (502, "text/html")


async def test_a_token_may_be_refused_once_although_it_is_good(integration: Integration) -> None:
    await integration.introspect()
    await order(integration, operation="start", kind="status", status=401, times=1)
    async with integration.http.get(integration.url(START)) as reply:
        assert "invalid_token" in reply.headers["WWW-Authenticate"]
    status, _ = await integration.call("GET", START)
    assert (reply.status, status) == (401, 201)


async def test_a_token_may_expire_in_the_middle_of_a_batch(integration: Integration) -> None:
    await integration.introspect()
    await order(integration, operation="start", kind="expired_token", skip=2, times=1)
    statuses = [(await integration.call("GET", START))[0] for _ in range(4)]
    await integration.introspect()
    status, _ = await integration.call("GET", START)
    assert (statuses, status) == ([201, 201, 401, 401], 201)


async def test_a_signing_token_may_expire_before_it_is_used(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    await order(integration, operation="sign", kind="expired_token")
    status, body = await integration.sign_batch(token, batch)
    assert (status, body["error"]) == (401, "invalid_token")


async def test_somebody_may_have_spent_the_code_first(integration: Integration) -> None:
    target = await integration.consent(integration.question())
    await order(integration, operation="token", kind="spent_code", times=1)
    form = {"code": target.query["code"], "redirect_uri": integration.client.redirect_uris[0]}
    answers = [await integration.ask_token(grant_type="authorization_code", **form) for _ in range(2)]
    assert [(status, body["error"]) for status, body in answers] == [(400, "invalid_grant")] * 2


async def test_the_first_start_hangs_and_fails_and_the_next_works_at_once(integration: Integration) -> None:
    await integration.introspect()
    await order(integration, operation="start", kind="hang", seconds=0.05, status=500, times=1)
    statuses = [(await integration.call("GET", START))[0] for _ in range(2)]
    _, counters = await integration.call("GET", "/sandbox/counters")
    assert (statuses, counters["sessions_open"]) == ([500, 201], 1)


async def test_a_hang_lasts_a_minute_unless_told_otherwise(integration: Integration) -> None:
    assert Rule(operation=Operation.START, kind=Kind.HANG).duration == 60
    await integration.introspect()
    await order(integration, operation="start", kind="hang", times=1)
    await leave_unanswered(integration, Operation.START, integration.call("GET", START))
    status, _ = await integration.call("GET", START)
    _, counters = await integration.call("GET", "/sandbox/counters")
    assert (status, counters["held"]) == (201, {"start": 1})


async def test_a_slow_finalize_outlives_the_client_that_hung_up(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    await order(integration, operation="finalize", kind="delay", seconds=3)
    async with aiohttp.ClientSession() as impatient:
        integration.http, patient = impatient, integration.http
        call = integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
        await leave_unanswered(integration, Operation.FINALIZE, call)
    integration.http = patient
    assert integration.sandbox.vendor.counters.finalizations == 0
    async with asyncio.timeout(PATIENCE):
        while (await describe_file(integration, batch.session_ids[0]))["size"] <= len(a_pdf()):  # noqa: ASYNC110  only the list tells it
            await asyncio.sleep(0.02)
    assert integration.sandbox.vendor.counters.finalizations == 1


async def describe_file(integration: Integration, session_id: str) -> dict[str, Any]:
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    return dict(body["data"][0])


@pytest.mark.parametrize("version", ["v1.0", "v2.0"])
async def test_a_report_may_be_indeterminate(integration: Integration, version: str) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    document = await describe_file(integration, session_id)
    await order(integration, operation="validate", kind="indeterminate")
    path = f"/api-validation/{version}/{session_id}/{document['id']}/validate"
    _, body = await integration.call("GET", path)
    assert [entry["indication"] for entry in body["data"]["signaturesExt"]] == ["INDETERMINATE"]
    assert body["data"].get("validSignaturesCount", 0) == 0


async def test_deleting_and_logging_out_have_weather_too(integration: Integration) -> None:
    await integration.introspect()
    session_id = await integration.start()
    _, body = await integration.upload(session_id, a_pdf())
    await order(integration, operation="delete", kind="status", status=504, after_work=True)
    status, _ = await integration.call("DELETE", f"/api-storage/v1.0/{session_id}/{body['data']['id']}")
    _, left = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    await order(integration, operation="logout", kind="status", status=500)
    out, _ = await integration.call(
        "GET", "/trustedx-authserver/lvrtc-eipsign-idp/logout?redirect_uri=https://a.example"
    )
    assert (status, left["data"], out) == (504, [], 500)


async def add_archive(integration: Integration, session_ids: list[str]) -> tuple[int, list[dict[str, Any]]]:
    sessions = [{"sessionId": session_id} for session_id in session_ids]
    order = {"sessions": sessions, "authCertificate": the_auth_certificate(integration)}
    status, body = await integration.call("POST", "/api-sign/v1.0/addArchive", json=order)
    return status, list(body["data"]["results"])


@pytest.mark.parametrize(
    ("kind", "status", "failed"), [("partial", 200, [True, False]), ("refused", 400, [True, True])]
)
async def test_an_archive_timestamp_may_fail_for_one_or_for_all(
    integration: Integration, kind: str, status: int, failed: list[bool]
) -> None:
    sessions = await seal_documents(integration, [a_pdf("1"), a_pdf("2")])
    await order(integration, operation="archive", kind=kind, times=1)
    answer, results = await add_archive(integration, sessions)
    assert (answer, ["error" in result for result in results]) == (status, failed)


async def test_a_result_of_archiving_may_be_missing(integration: Integration) -> None:
    sessions = await seal_documents(integration, [a_pdf("1"), a_pdf("2")])
    before = [(await describe_file(integration, session_id))["size"] for session_id in sessions]
    await order(integration, operation="archive", kind="wrong_count", times=1)
    status, results = await add_archive(integration, sessions)
    after = [(await describe_file(integration, session_id))["size"] for session_id in sessions]
    assert (status, len(results)) == (200, 1)
    assert all(small < large for small, large in zip(before, after, strict=True))


async def test_hashes_may_be_kept_although_their_answer_is_lost(integration: Integration) -> None:
    await integration.introspect()
    session_id = await integration.start()
    await order(integration, operation="add_document_digest", kind="status", status=504, after_work=True)
    status, _ = await add_digests(integration, session_id, hashed())
    assert (status, len(await files(integration, session_id))) == (504, len(hashed()))
