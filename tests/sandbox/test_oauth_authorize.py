"""The browser dialog: what is asked, shown, approved and sent back."""

import pytest

from sandbox.eidas.authorization import INTROSPECT, PROFILE
from sandbox.eidas.methods import Method
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import AUTHORIZE, PASSWORD, Integration, a_digest, summary

ONE = summary(a_digest("doc-1"))


def seal_of(integration: Integration, login: str = "anna") -> str:
    return integration.sandbox.vendor.people[login].seals[0].id


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://desk.example/callback/"},
        {"redirect_uri": "https://desk.example/callback?x=1"},
        {"redirect_uri": "https://other.example/callback"},
        {"redirect_uri": ""},
    ],
)
async def test_an_unregistered_client_or_redirect_uri_meets_a_page_and_no_redirect(
    integration: Integration, change: dict[str, str | None]
) -> None:
    status, page, target = await integration.browse(integration.question(**change))
    assert (status, target) == (400, None)
    assert 'id="reason"' in page


async def test_the_state_comes_back_with_the_code(integration: Integration) -> None:
    target = await integration.consent(integration.question(state="ā b&c"))
    assert str(target).startswith("https://desk.example/callback?")
    assert target.query["state"] == "ā b&c"
    assert target.query["code"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "urn:unknown"}, "invalid_scope"),
        ({"scope": INTROSPECT}, "invalid_scope"),
        ({"state": None}, "invalid_request"),
    ],
)
async def test_a_malformed_question_is_answered_with_an_error_redirect(
    integration: Integration, change: dict[str, str | None], error: str
) -> None:
    _, _, target = await integration.browse(integration.question(**change))
    assert target is not None
    assert target.query["error"] == error
    assert target.query.get("state", "") == ("" if "state" in change else "s-1")


@pytest.mark.parametrize(
    "change",
    [
        {"sign_identity_id": None},
        {"digests_summary": None},
        {"digests_summary_algorithm": None},
        {"digests_summary_algorithm": "SHA-256"},
        {"digests_summary": "not base64!"},
        {"digests_summary": "c2hvcnQ="},
    ],
)
async def test_a_signing_question_without_a_sound_binding_is_refused(
    integration: Integration, change: dict[str, str | None]
) -> None:
    _, _, target = await integration.browse(integration.key_question(seal_of(integration), ONE, **change))
    assert target is not None
    assert target.query["error"] == "invalid_request"


@pytest.mark.parametrize("spelling", [ONE, ONE.rstrip("="), ONE.replace("+", "-").replace("/", "_")])
async def test_the_summary_may_be_url_safe_and_unpadded(integration: Integration, spelling: str) -> None:
    status, _, _ = await integration.browse(integration.key_question(seal_of(integration), spelling))
    assert status == 200


async def ask_for_identity(integration: Integration, identity_id: str, login: str = "anna") -> str:
    _, _, target = await integration.submit(integration.key_question(identity_id, ONE), login=login)
    assert target is not None
    return target.query["error"]


async def test_an_unknown_identity_cannot_be_asked_for(integration: Integration) -> None:
    assert await ask_for_identity(integration, "nothing") == "invalid_request"


async def test_a_foreign_identity_is_denied(integration: Integration) -> None:
    assert await ask_for_identity(integration, seal_of(integration, "janis")) == "access_denied"


async def test_a_disabled_seal_cannot_be_asked_for(integration: Integration) -> None:
    disabled = next(seal for seal in integration.sandbox.vendor.people["janis"].seals if not seal.is_enabled)
    assert await ask_for_identity(integration, disabled.id, "janis") == "invalid_request"


async def test_a_key_in_the_phone_cannot_sign_on_the_server(integration: Integration) -> None:
    person = integration.sandbox.vendor.people["anna"]
    in_phone = next(one for one in person.identities if one.description == "eparaksts:mobileid:sign")
    assert await ask_for_identity(integration, in_phone.id) == "invalid_request"


async def test_leg_one_shows_the_login_page_and_asks_for_no_password(integration: Integration) -> None:
    _, page, _ = await integration.browse(integration.question(acr_values=Method.MOBILE.acr))
    assert 'id="login-anna"' in page
    assert 'id="login-liga"' in page
    _, _, target = await integration.submit(integration.question(), login="anna")
    assert target is not None
    assert "code" in target.query


async def test_leg_two_asks_for_the_key_password_and_names_the_certificate(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE)
    status, page, target = await integration.submit(query, login="anna")
    assert (status, target) == (200, None)
    assert "SIA PARAUGS (P-256): eZīmogs" in page
    assert all(f'id="{name}"' in page for name in ("password", "approve", "cancel"))


async def test_an_unknown_login_stays_at_the_login_page(integration: Integration) -> None:
    status, page, _ = await integration.submit(integration.question(), login="nobody", method="mobileid")
    assert status == 400
    assert 'id="login-anna"' in page


async def test_single_sign_on_skips_the_login_and_not_the_password(integration: Integration) -> None:
    await integration.consent(integration.question())
    _, _, target = await integration.browse(integration.question())
    assert target is not None
    status, page, _ = await integration.browse(integration.key_question(seal_of(integration), ONE))
    assert status == 200
    assert 'id="password"' in page


async def test_prompt_login_asks_again_who_is_there(integration: Integration) -> None:
    await integration.consent(integration.question())
    _, page, _ = await integration.browse(integration.question(prompt="login"))
    assert 'name="method"' in page
    assert "code" in (await integration.consent(integration.question(prompt="login"))).query


async def test_cancel_is_answered_with_access_denied(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE)
    await integration.submit(query, login="anna")
    _, _, target = await integration.submit(query, action="cancel", password="")
    assert target is not None
    assert (target.query["error"], target.query["state"]) == ("access_denied", "s-1")


async def test_a_wrong_password_stays_at_the_page(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE, ui_locales="en")
    await integration.submit(query, login="anna")
    status, page, target = await integration.submit(query, action="approve", password="wrong")
    assert (status, target) == (403, None)
    assert "4 tries are left" in page
    _, _, target = await integration.submit(query, action="approve", password=PASSWORD)
    assert target is not None


async def test_five_wrong_passwords_lock_the_key_even_for_the_right_one(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE, ui_locales="en")
    await integration.submit(query, login="anna")
    for _ in range(5):
        await integration.submit(query, action="approve", password="wrong")
    status, page, target = await integration.submit(query, action="approve", password=PASSWORD)
    assert (status, target) == (403, None)
    assert "The key is locked" in page
    assert 'id="password"' not in page


async def test_the_right_password_forgives_the_wrong_ones(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE)
    await integration.submit(query, login="anna")
    for _ in range(2):
        for _ in range(4):
            await integration.submit(query, action="approve", password="wrong")
        _, _, target = await integration.submit(query, action="approve", password=PASSWORD)
        assert target is not None


async def test_an_approval_without_a_login_leads_to_the_login_page(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE)
    _, page, target = await integration.submit(query, action="approve", password=PASSWORD)
    assert target is None
    assert 'name="method"' in page


async def test_a_browser_without_cookies_may_carry_its_login_in_the_form(integration: Integration) -> None:
    query = integration.key_question(seal_of(integration), ONE)
    _, page, _ = await integration.submit(query, login="anna")
    integration.http.cookie_jar.clear()
    ticket = page.split('name="sso" value="')[1].split('"')[0]
    _, _, target = await integration.submit(query, action="approve", password=PASSWORD, sso=ticket)
    assert target is not None


async def test_logout_ends_single_sign_on_and_goes_back(integration: Integration) -> None:
    await integration.consent(integration.question())
    logout = integration.url("/trustedx-authserver/lvrtc-eipsign-idp/logout")
    back = {"redirect_uri": "https://desk.example/bye"}
    async with integration.http.get(logout, params=back, allow_redirects=False) as reply:
        assert reply.headers["Location"] == "https://desk.example/bye"
    _, page, _ = await integration.browse(integration.question())
    assert 'name="method"' in page


async def test_logout_needs_somewhere_to_go(integration: Integration) -> None:
    async with integration.http.get(integration.url("/trustedx-authserver/lvrtc-eipsign-idp/logout")) as reply:
        assert reply.status == 400


async def test_an_approval_is_counted_and_a_login_is_not(integration: Integration) -> None:
    await integration.consent(integration.question())
    assert integration.sandbox.vendor.counters.authorizations == 0
    await integration.consent(integration.key_question(seal_of(integration), ONE))
    assert integration.sandbox.vendor.counters.authorizations == 1


async def test_a_vendor_told_to_approve_by_itself_shows_no_page(open_integration: OpenIntegration) -> None:
    async with open_integration(auto_approve="anna") as integration:
        for query in (integration.question(PROFILE), integration.key_question(seal_of(integration), ONE)):
            _, _, target = await integration.browse(query)
            assert target is not None
            assert "code" in target.query


async def test_pages_are_never_cached_and_run_no_script(integration: Integration) -> None:
    async with integration.http.get(integration.url(AUTHORIZE), params=integration.question()) as reply:
        page = await reply.text()
        assert reply.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "<script" not in page
