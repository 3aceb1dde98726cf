"""The token endpoint: credentials, codes, lifetimes, and what each token is good for."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sandbox.eidas.authorization import CLAIMS, INTROSPECT, PROFILE
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import AUTHORIZE, CLIENT, OTHER_CLIENT, Clock, Integration, b64, basic

TOKEN = f"{AUTHORIZE}/token"
INTROSPECTION = {"grant_type": "client_credentials", "scope": INTROSPECT}


async def a_code(integration: Integration) -> str:
    return (await integration.consent(integration.question())).query["code"]


def exchange(code: str, redirect_uri: str = CLIENT.redirect_uris[0]) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}


async def test_a_code_is_exchanged_for_a_bearer_of_the_authorized_scope(integration: Integration) -> None:
    target = await integration.consent(integration.question(f"{CLAIMS} {PROFILE}"))
    status, body = await integration.ask_token(**exchange(target.query["code"]))
    assert status == 200
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, f"{CLAIMS} {PROFILE}")
    assert "refresh_token" not in body


async def test_a_code_works_once(integration: Integration) -> None:
    code = await a_code(integration)
    first, _ = await integration.ask_token(**exchange(code))
    second, body = await integration.ask_token(**exchange(code))
    assert (first, second, body["error"]) == (200, 400, "invalid_grant")


async def test_a_code_presented_twice_at_once_works_once(integration: Integration) -> None:
    code = await a_code(integration)
    answers = await asyncio.gather(*(integration.ask_token(**exchange(code)) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400, 400]


async def test_a_code_of_another_client_is_refused(integration: Integration) -> None:
    status, body = await integration.ask_token(OTHER_CLIENT, **exchange(await a_code(integration)))
    assert (status, body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("redirect_uri", ["https://desk.example/other", ""])
async def test_the_redirect_uri_must_be_repeated(integration: Integration, redirect_uri: str) -> None:
    status, body = await integration.ask_token(**exchange(await a_code(integration), redirect_uri))
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_a_code_expires(integration: Integration, clock: Clock) -> None:
    code = await a_code(integration)
    clock.advance(timedelta(minutes=10))
    status, body = await integration.ask_token(**exchange(code))
    assert (status, body["error"]) == (400, "invalid_grant")


async def test_client_credentials_give_an_introspect_token(integration: Integration) -> None:
    status, body = await integration.ask_token(**INTROSPECTION)
    assert (status, body["scope"]) == (200, INTROSPECT)


async def test_the_fields_may_stand_in_the_query(integration: Integration) -> None:
    headers = {"Authorization": basic(CLIENT)}
    async with integration.http.post(integration.url(TOKEN), params=INTROSPECTION, headers=headers) as reply:
        assert reply.status == 200


async def test_an_answer_of_the_token_endpoint_is_never_stored(integration: Integration) -> None:
    for form in (INTROSPECTION, {"grant_type": "magic"}):
        headers = {"Authorization": basic(CLIENT)}
        async with integration.http.post(integration.url(TOKEN), data=form, headers=headers) as reply:
            assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic !!!",
        "Bearer " + b64(b"other:other"),
        "Basic " + b64(b"other:wrong"),
        "Basic " + b64(b"nobody:other"),
        "Basic " + b64("klients ā:s3cret:+%".encode()),
    ],
)
async def test_only_url_encoded_basic_credentials_are_let_in(integration: Integration, authorization: str) -> None:
    headers = {"Authorization": authorization}
    async with integration.http.post(integration.url(TOKEN), data=INTROSPECTION, headers=headers) as reply:
        assert (reply.status, (await reply.json())["error"]) == (401, "invalid_client")
        assert reply.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": PROFILE}, "invalid_scope"),
    ],
)
async def test_a_malformed_exchange_says_what_is_wrong(
    integration: Integration, form: dict[str, str], error: str
) -> None:
    status, body = await integration.ask_token(**form)
    assert (status, body["error"]) == (400, error)


async def test_an_introspect_token_is_refused_where_a_person_is_needed(integration: Integration) -> None:
    await integration.introspect()
    for path in ("/trustedx-resources/openid/v1/users/me", "/trustedx-resources/esigp/v1/sign_identities/x"):
        status, body = await integration.call("GET", path)
        assert (status, body["error"]) == (403, "insufficient_scope")


async def test_a_persons_token_is_refused_at_signapi(integration: Integration) -> None:
    status, body = await integration.call("GET", "/api-session/v1.0/start", await integration.profile_token())
    assert (status, body["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("path", ["/trustedx-resources/openid/v1/users/me", "/api-session/v1.0/start"])
async def test_an_unknown_bearer_is_refused(integration: Integration, path: str) -> None:
    status, _ = await integration.call("GET", path, "invented")
    assert status == 401


async def test_a_token_expires(open_integration: OpenIntegration, clock: Clock) -> None:
    async with open_integration(token_lifetime=timedelta(seconds=30)) as integration:
        await integration.introspect()
        clock.advance(timedelta(seconds=29))
        still, _ = await integration.call("GET", "/api-config/v1.0/")
        clock.advance(timedelta(seconds=1))
        no_more, _ = await integration.call("GET", "/api-config/v1.0/")
    assert (still, no_more) == (200, 401)


async def test_an_issued_token_outlives_logout(integration: Integration) -> None:
    token: Any = await integration.profile_token()
    away = {"redirect_uri": "https://desk.example/bye"}
    logout = integration.url("/trustedx-authserver/lvrtc-eipsign-idp/logout")
    async with integration.http.get(logout, params=away, allow_redirects=False):
        pass
    assert await integration.identities(token)
