"""The journal: what happened is told as it happens, and no secret ever is."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from sandbox.app import listening
from sandbox.eidas.authorization import PROFILE
from sandbox.journal.entries import Act, CallEntry
from sandbox.journal.journal import Journal
from sandbox.pages import clock, shorten_ids
from sandbox.settings import Settings
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule, Weather
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    CLIENT,
    CLIENTS,
    PASSWORD,
    Integration,
    a_digest,
    a_pdf,
    approve_and_sign,
    prepare_batch,
    summary,
    the_auth_certificate,
    the_seal,
)

ONE = summary(a_digest("doc-1"))
NOON = datetime(2026, 11, 25, 12, 0, 0, 5000, tzinfo=UTC)


def a_call(path: str) -> CallEntry:
    return CallEntry(NOON, "list", "GET", path, 200, 1.0)


def numbers(journal: Journal, after: int) -> list[int]:
    return [number for number, _ in journal.after(after)]


def test_entries_are_numbered_from_one() -> None:
    journal = Journal()
    for path in "abc":
        journal.add(a_call(path))
    assert (numbers(journal, 0), numbers(journal, 2), numbers(journal, 3)) == ([1, 2, 3], [3], [])
    assert [entry for _, entry in journal.after(2)] == [a_call("c")]


def test_only_the_latest_entries_are_kept() -> None:
    journal = Journal(length=3)
    for path in "abcde":
        journal.add(a_call(path))
    assert (numbers(journal, 0), numbers(journal, 3)) == ([3, 4, 5], [4, 5])


def test_a_number_of_an_earlier_run_is_none_of_this_one() -> None:
    journal = Journal()
    journal.add(a_call("a"))
    assert (journal.valid_number(1), journal.valid_number(70)) == (1, 0)


async def test_news_come_to_everybody_who_waits() -> None:
    journal = Journal()
    async with asyncio.TaskGroup() as readers:
        waiting = [readers.create_task(journal.wait_for_news(0)) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        journal.add(a_call("a"))


async def test_a_closed_journal_keeps_nobody_waiting() -> None:
    journal = Journal()
    journal.close()
    await journal.wait_for_news(0)


def test_the_number_of_documents_is_remembered_for_a_while() -> None:
    journal = Journal()
    for number in range(1001):
        journal.batch(f"s{number}", number)
    assert (journal.documents("s0"), journal.documents("s1000")) == (None, 1000)


def test_ids_in_a_path_are_shortened_and_nothing_else_is() -> None:
    session, document = "0123456789ab" + "c" * 52, "fedcba987654" + "3" * 20
    assert shorten_ids(f"/api-storage/v1.0/{session}/{document}") == "/api-storage/v1.0/0123456789ab…/fedcba987654…"
    assert shorten_ids("/trustedx-resources/openid/v1/users/me") == "/trustedx-resources/openid/v1/users/me"
    assert clock(NOON).endswith(":00:00.005")


# At the vendor


async def entries(integration: Integration, kind: str, after: int = 0) -> list[dict[str, Any]]:
    async with integration.http.get(integration.url(f"/sandbox/journal?after={after}")) as reply:
        journal = await reply.json()
    return [entry for entry in journal["entries"] if entry["kind"] == kind]


async def acts(integration: Integration) -> list[tuple[str, str]]:
    return [(entry["person"], entry["act"]) for entry in await entries(integration, "consent")]


async def test_a_call_is_told_with_what_came_of_it(integration: Integration) -> None:
    await integration.introspect()
    await integration.start()
    token, start = await entries(integration, "call")
    assert (token["operation"], token["method"], token["status"]) == ("token", "POST", 200)
    assert (start["operation"], start["path"], start["status"]) == ("start", "/api-session/v1.0/start", 201)
    assert (start["complaint"], start["weather"], start["milliseconds"] > 0) == ("", "", True)
    assert await entries(integration, "call", after=1) == [start]


async def test_a_refusal_is_told_with_code_and_reason(integration: Integration) -> None:
    await integration.call("GET", "/api-session/v1.0/start")
    await integration.call("GET", "/no/such/path")
    refused, unknown = await entries(integration, "call")
    assert refused["complaint"].startswith("unauthorized: An introspect token")
    assert (unknown["operation"], unknown["status"], unknown["complaint"]) == ("", 404, "NotFoundException: Not Found")


async def test_an_error_redirect_is_told_too(integration: Integration) -> None:
    await integration.browse(integration.question(response_type="token"))
    await integration.browse(integration.question(client_id="nobody"))
    first, second = await entries(integration, "call")
    assert first["complaint"].startswith("unsupported_response_type: ")
    assert second["complaint"] == "This client_id is not registered."


async def test_sessions_that_fail_alone_are_told(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf("1"), a_pdf("2")], the_seal(integration))
    values = await approve_and_sign(integration, batch)
    await integration.finalize(batch.session_ids, values[::-1], the_auth_certificate(integration))
    told = (await entries(integration, "call"))[-1]
    assert (told["operation"], told["status"]) == ("finalize", 400)
    assert told["complaint"].startswith("2 of 2: signing:finalizeSigning: signatureValue does not fit")


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.RESET, Kind.HALF_BODY])
async def test_the_rule_of_the_weather_that_struck_is_named(integration: Integration, kind: Kind) -> None:
    await integration.introspect()
    integration.sandbox.vendor.schedule.set(Weather(rules=(Rule(operation=Operation.CONFIG, kind=kind, times=1),)))
    try:
        await integration.call("GET", "/api-config/v1.0/")
    except aiohttp.ClientError:
        assert kind is not Kind.STATUS
    # aiohttp repeats a GET whose connection was broken off.
    assert kind.value in [entry["weather"] for entry in await entries(integration, "call")]


async def test_looking_at_the_vendor_leaves_no_trace(integration: Integration) -> None:
    for path in ("/", "/sandbox/live", "/sandbox/counters"):
        async with integration.http.get(integration.url(path)) as reply:
            assert reply.status == 200
    assert await entries(integration, "call") == []


async def test_a_consent_names_person_seal_summary_and_how_many_documents(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf("1"), a_pdf("2")], the_seal(integration))
    await approve_and_sign(integration, batch)
    login, approval = await entries(integration, "consent")
    assert (login["person"], login["act"], login["documents"]) == ("anna", "logged in", 2)
    assert (approval["act"], approval["client_id"]) == ("approved", CLIENT.client_id)
    assert approval["seal"] == "SIA PARAUGS (P-256): eZīmogs"
    assert (approval["summary"], approval["documents"]) == (batch.summary, 2)


async def test_what_goes_wrong_at_the_pages_is_told(open_integration: OpenIntegration) -> None:
    async with open_integration(password_tries=2) as integration:
        query = integration.key_question(the_seal(integration).id, ONE)
        await integration.submit(query, login="anna")
        for _ in range(2):
            await integration.submit(query, action="approve", password="wrong")
        await integration.submit(query, action="cancel")
        for _ in range(2):
            await integration.submit(integration.question(), method="sc_plugin", login="ilze", pin="0000")
        assert await acts(integration) == [
            ("anna", Act.LOGGED_IN),
            ("anna", Act.WRONG_PASSWORD),
            ("anna", Act.KEY_LOCKED),
            ("anna", Act.CANCELLED),
            ("ilze", Act.WRONG_PIN),
            ("ilze", Act.CARD_LOCKED),
        ]


async def test_who_rejects_on_the_phone_is_told_and_a_made_up_name_is_not(integration: Integration) -> None:
    for name in ("liga", "<b>nobody</b>"):
        await integration.submit(integration.question(), method="mobileid", login=name, action="cancel")
    assert await acts(integration) == [("liga", Act.CANCELLED), ("", Act.CANCELLED)]


async def test_a_session_is_shown_with_its_files_and_how_far_it_came(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf()], the_seal(integration))
    (waiting,) = (await _journal(integration))["sessions"]
    assert (waiting["files"], waiting["digest_handed_out"], waiting["is_sealed"]) == (["rēķins.pdf"], True, False)
    values = await approve_and_sign(integration, batch)
    await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    (sealed,) = (await _journal(integration))["sessions"]
    assert (sealed["digest_handed_out"], sealed["is_sealed"]) == (False, True)


async def _journal(integration: Integration) -> dict[str, Any]:
    async with integration.http.get(integration.url("/sandbox/journal")) as reply:
        return dict(await reply.json())


async def test_no_secret_is_ever_told(integration: Integration) -> None:
    seal = the_seal(integration)
    batch = await prepare_batch(integration, [a_pdf()], seal)
    query = integration.key_question(seal.id, batch.summary, state="the-state")
    await integration.submit(query, login="anna")
    await integration.submit(query, action="approve", password="not-the-password")
    target = await integration.consent(query)
    token = await integration.exchange(target)
    await integration.sign_batch(token, batch)
    await integration.submit(integration.question(), method="sc_plugin", login="ilze", pin="987654")
    await integration.call("GET", f"/api-config/v1.0/?access_token={token}", token)
    await integration.ask_token(grant_type="authorization_code", code=target.query["code"], redirect_uri="x")
    cookie = next(cookie.value for cookie in integration.http.cookie_jar if cookie.key == "sandbox_sso")
    secrets = [PASSWORD, "not-the-password", "987654", "the-state", CLIENT.client_secret, cookie, token]
    secrets += [integration.bearer, target.query["code"]]
    told = json.dumps(await _journal(integration)) + await _page(integration) + await _first_event(integration)
    assert "SIA PARAUGS (P-256)" in told
    assert [secret for secret in secrets if secret in told] == []


async def _page(integration: Integration) -> str:
    async with integration.http.get(integration.url("/sandbox/live")) as reply:
        return await reply.text()


async def _first_event(integration: Integration) -> str:
    async with integration.http.get(integration.url("/sandbox/live/events?after=0")) as reply:
        return (await reply.content.readuntil(b"\n\n")).decode()


async def test_news_are_sent_as_they_happen(integration: Integration) -> None:
    async with integration.http.get(integration.url("/sandbox/live/events")) as reply:
        assert reply.content_type == "text/event-stream"
        await integration.introspect()
        number, line, _ = (await reply.content.readuntil(b"\n\n")).decode().split("\n", 2)
        assert number == "id: 1"
        assert "/trustedx-authserver/oauth/lvrtc-eipsign-as/token" in json.loads(line.removeprefix("data: "))["calls"]


async def test_a_stream_goes_on_after_the_last_event_it_sent(integration: Integration) -> None:
    for _ in range(3):
        await integration.introspect()
    again = {"Last-Event-ID": "2"}
    async with integration.http.get(integration.url("/sandbox/live/events?after=0"), headers=again) as reply:
        event = (await reply.content.readuntil(b"\n\n")).decode()
    assert event.startswith("id: 3\n")
    assert event.count("<tr") == 1


async def test_a_stream_ends_in_order_when_the_vendor_stops(sandbox_state: Any) -> None:
    async with aiohttp.ClientSession() as http:
        async with listening(Settings(clients=CLIENTS), sandbox_state) as sandbox:
            reply = await http.get(f"{sandbox.url}/sandbox/live/events")
        assert await reply.content.read() == b""


async def test_the_live_page_works_without_its_script(integration: Integration) -> None:
    await integration.consent(integration.question(PROFILE))
    async with integration.http.get(integration.url("/sandbox/live")) as reply:
        page, policy = await reply.text(), reply.headers["Content-Security-Policy"]
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert ">anna</b>" in page
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


async def test_what_comes_from_outside_is_shown_as_text(integration: Integration) -> None:
    await integration.introspect()
    await integration.upload(await integration.start(), a_pdf(), "<img src=x>.pdf")
    await integration.call("GET", "/<script>alert(1)</script>")
    page = await _page(integration)
    assert "<img" not in page
    assert "<script>alert" not in page
    assert "&lt;img src=x&gt;.pdf" in page


async def test_the_front_page_tells_people_client_and_endpoints_and_no_secret(integration: Integration) -> None:
    async with integration.http.get(integration.url("/")) as reply:
        page = await reply.text()
    for person in integration.sandbox.vendor.people.values():
        assert person.name in page
        assert person.personal_code in page
    assert CLIENT.redirect_uris[0] in page
    assert CLIENT.client_secret not in page
    assert 'href="/sandbox/live"' in page
    assert integration.sandbox.url in page
