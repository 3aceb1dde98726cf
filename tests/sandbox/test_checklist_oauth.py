"""The checklist of a faithful vendor, OAuth: a test for each requirement."""

from datetime import timedelta
from typing import Any

from sandbox.eidas.authorization import CLAIMS, INTROSPECT, PROFILE, SIGN
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    AUTHORIZE,
    CLIENT,
    ESIGP,
    OTHER_CLIENT,
    PASSWORD,
    Clock,
    Integration,
    a_digest,
    b64,
    basic,
    summary,
    the_seal,
)

ONE = summary(a_digest("doc-1"))
TOKEN = f"{AUTHORIZE}/token"
USERS_ME = "/trustedx-resources/openid/v1/users/me"
BACK = CLIENT.redirect_uris[0]
EXCHANGE = {"grant_type": "authorization_code", "redirect_uri": BACK}
INTROSPECTION = {"grant_type": "client_credentials", "scope": INTROSPECT}


async def refusal(integration: Integration, query: dict[str, str], login: str = "anna") -> str:
    """Return the error that the person's browser brings back."""
    _, _, target = await integration.submit(query, login=login)
    assert target is not None
    assert target.query["state"] == query["state"]
    return target.query["error"]


async def test_redirect_uri_is_exact(integration: Integration) -> None:
    """Exact `redirect_uri` registration; an unknown client or URI meets an HTML error and no redirect.

    A client that has registered exactly one may leave it out, and need not repeat it for its token then.
    """
    for change in (
        {"client_id": "nobody"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": OTHER_CLIENT.redirect_uris[0]},
        {"redirect_uri": ""},
    ):
        status, page, target = await integration.browse(integration.question(**change))
        assert (status, target) == (400, None), change
        assert page.startswith("<!doctype html>")
    target = await integration.consent(integration.question(redirect_uri=None))
    assert str(target).startswith(BACK)
    assert (await integration.ask_token(grant_type="authorization_code", code=target.query["code"]))[0] == 200


async def test_state_comes_back(integration: Integration) -> None:
    """`state` is echoed; a missing `response_type` or `scope` is answered with an error redirect."""
    target = await integration.consent(integration.question(state="ā b&c"))
    assert target.query["state"] == "ā b&c"
    for missing, error in (("response_type", "unsupported_response_type"), ("scope", "invalid_scope")):
        assert await refusal(integration, integration.question(**{missing: None})) == error


async def test_leg_two_needs_its_binding(integration: Integration) -> None:
    """Leg 2 lacking a part of its binding is answered with an error redirect `invalid_request`.

    The parts are `sign_identity_id`, `digests_summary` and `digests_summary_algorithm`. A login may ask for the
    signing scope beside others and tell none of them; its token signs nothing.
    """
    for missing in ("sign_identity_id", "digests_summary", "digests_summary_algorithm"):
        query = integration.key_question(the_seal(integration).id, ONE, **{missing: None})
        assert await refusal(integration, query) == "invalid_request", missing
        assert await refusal(integration, query | {"scope": f"{PROFILE} {SIGN}"}) == "invalid_request", missing
    assert await refusal(integration, integration.question(SIGN)) == "invalid_request"
    token = await integration.profile_token(scope=f"{CLAIMS} {PROFILE} {SIGN}")
    assert (await integration.call("GET", USERS_ME, token))[0] == 200
    seal = the_seal(integration)
    order = {"sign_identity_id": seal.id, "signature_algorithm": "ecdsa", "digest_value": b64(a_digest("doc-1"))}
    assert (await integration.call("POST", f"{ESIGP}/signatures/server/raw", token, json=order))[0] == 403


async def test_leg_two_needs_a_usable_identity(integration: Integration) -> None:
    """Leg 2: the identity exists, is enabled, and belongs to the authenticated person.

    It is usable on the server too; mobileid identities are not. It may cover a limited number of digests.
    """
    people = integration.sandbox.vendor.people
    disabled = next(seal for seal in people["janis"].seals if not seal.is_enabled)
    in_phone = next(one for one in people["janis"].identities if one.description == "eparaksts:mobileid:sign")
    for identity_id, error in (
        ("nothing", "invalid_request"),
        (disabled.id, "invalid_request"),
        (in_phone.id, "invalid_request"),
        (the_seal(integration).id, "access_denied"),
    ):
        query = integration.key_question(identity_id, ONE)
        assert await refusal(integration, query, "janis") == error, identity_id


async def test_digests_summary_is_a_digest(integration: Integration) -> None:
    """`digests_summary` decodes to the algorithm's length: 32 bytes for SHA256.

    It may be standard or URL-safe base64, padded or not.
    """
    identity_id, odd = the_seal(integration).id, b64(bytes([251, 255]) * 16)
    for spelling in (odd, odd.rstrip("="), odd.replace("+", "-").replace("/", "_")):
        assert "code" in (await integration.consent(integration.key_question(identity_id, spelling))).query
    for summary_text in ("?", b64(b"short"), b64(bytes(33)), a_digest("doc-1").hex()):
        query = integration.key_question(identity_id, summary_text)
        assert await refusal(integration, query) == "invalid_request", summary_text


async def test_pages_ask_for_login_then_key_password(
    integration: Integration, open_integration: OpenIntegration
) -> None:
    """A login page, then a key-password page that shows the certificate's CN.

    Cancel is `access_denied`; a wrong password stays, and some of them lock the key. Single sign-on skips the login
    only. A headless mode approves by itself, for tests.
    """
    seal = the_seal(integration)
    query = integration.key_question(seal.id, ONE)
    assert 'value="mobileid"' in (await integration.browse(query))[1]
    assert 'id="login-anna"' in (await integration.submit(query, method="mobileid"))[1]
    assert seal.common_name in (await integration.submit(query, login="anna"))[1]
    assert "code" in (await integration.consent(integration.question())).query
    assert 'id="password"' in (await integration.browse(query))[1]
    _, _, target = await integration.submit(query, action="cancel")
    assert target is not None
    assert target.query["error"] == "access_denied"
    tries = [await integration.submit(query, action="approve", password="wrong") for _ in range(5)]
    tries.append(await integration.submit(query, action="approve", password=PASSWORD))
    assert [(status, target) for status, _, target in tries] == [(403, None)] * 6
    async with open_integration(auto_approve="anna") as headless:
        assert (await headless.browse(headless.key_question(seal.id, ONE)))[2] is not None


async def test_codes_work_once(integration: Integration, clock: Clock) -> None:
    """Codes are single use, bound to client, `redirect_uri` and scope, and live 10 minutes.

    A second use is `invalid_grant`, and may kill the token.
    """

    async def code() -> str:
        return (await integration.consent(integration.question(CLAIMS))).query["code"]

    spent = await code()
    status, body = await integration.ask_token(**EXCHANGE, code=spent, scope=SIGN)
    assert (status, body["scope"]) == (200, CLAIMS)
    late = await code()
    clock.advance(timedelta(minutes=10))
    for client, form in (
        (CLIENT, EXCHANGE | {"code": spent}),
        (CLIENT, EXCHANGE | {"code": late}),
        (OTHER_CLIENT, EXCHANGE | {"code": await code()}),
        (CLIENT, EXCHANGE | {"code": await code(), "redirect_uri": f"{BACK}/"}),
    ):
        status, body = await integration.ask_token(client, **form)
        assert (status, body["error"]) == (400, "invalid_grant"), form
    await integration.choose(code_reuse="revokes")
    target = await integration.consent(integration.question(CLAIMS))
    token = await integration.exchange(target)
    await integration.ask_token(**EXCHANGE, code=target.query["code"])
    assert (await integration.call("GET", USERS_ME, token))[0] == 401


async def test_token_endpoint_is_strict(integration: Integration) -> None:
    """Token endpoint: Basic authentication only, form and query parameters.

    `Cache-Control: no-store`; never a refresh token; `expires_in` 600; `scope` echoed.
    """
    address, right = integration.url(TOKEN), {"Authorization": basic(CLIENT)}
    in_body = INTROSPECTION | {"client_id": CLIENT.client_id, "client_secret": CLIENT.client_secret}
    wrong = {"Authorization": "Basic " + b64(b"other:wrong")}
    misnamed = {"Authorization": basic(CLIENT).replace("Basic", "Bearer")}
    for headers, form in (({}, in_body), (wrong, INTROSPECTION), (misnamed, INTROSPECTION)):
        async with integration.http.post(address, data=form, headers=headers) as reply:
            assert (reply.status, (await reply.json())["error"]) == (401, "invalid_client")
    ways: tuple[dict[str, Any], ...] = ({"data": INTROSPECTION}, {"params": INTROSPECTION})
    for request in ways:
        async with integration.http.post(address, headers=right, **request) as reply:
            assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
            body = await reply.json()
        assert body | {"access_token": ""} == {
            "access_token": "", "token_type": "Bearer", "expires_in": 600, "scope": INTROSPECT
        }  # fmt: skip
    assert (await integration.ask_token(grant_type="refresh_token", refresh_token=body["access_token"]))[0] == 400


async def test_tokens_stay_in_their_place(integration: Integration) -> None:
    """Introspect tokens are refused at users/me and esigp, people's tokens at SignAPI (401)."""
    await integration.introspect()
    seal = the_seal(integration)
    order = {"sign_identity_id": seal.id, "signature_algorithm": "ecdsa", "digest_value": b64(a_digest("doc-1"))}
    for method, path, request in (
        ("GET", USERS_ME, {}),
        ("GET", f"{ESIGP}/sign_identities/{seal.id}", {}),
        ("POST", f"{ESIGP}/signatures/server/raw", {"json": order}),
        ("POST", f"{ESIGP}/signatures/server/raw/batch", {"json": order | {"requests": [order]}}),
    ):
        status, _ = await integration.call(method, path, **request)
        assert status in {401, 403}, path
    for token in (await integration.profile_token(), await integration.authorize_signing(seal.id, ONE)):
        assert (await integration.call("GET", "/api-session/v1.0/start", token))[0] == 401


async def test_logout_ends_single_sign_on(integration: Integration) -> None:
    """Logout ends single sign-on and redirects."""
    await integration.consent(integration.question())
    assert (await integration.browse(integration.question()))[2] is not None
    logout = integration.url("/trustedx-authserver/lvrtc-eipsign-idp/logout")
    kept = {cookie.key: cookie.value for cookie in integration.http.cookie_jar}
    async with integration.http.get(logout, params={"redirect_uri": BACK}, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (302, BACK)
    for cookies in ({}, kept):
        integration.http.cookie_jar.update_cookies(cookies, integration.url("/"))
        assert (await integration.browse(integration.question()))[2] is None
