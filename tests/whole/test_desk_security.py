"""What every answer of the desk says to the browser, what every form must prove, and what no log may hold."""

import pytest
from structlog.testing import capture_logs

from config.sections import Desk as Settings
from jobs.model.lifecycle import State
from tests.support.builders import INVOICES
from tests.whole.browser import Browser
from tests.whole.site import PASSWORD, Site
from worker.desk.security import response_headers

ADDRESSES = ["", "batches/invoices-000001", "no/such", "callback?state=x&code=y", "static/live.js", "static/"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("signed_in", [False, True])
async def test_every_answer_carries_the_headers(site: Site, browser: Browser, address: str, *, signed_in: bool) -> None:
    if signed_in:
        await site.sign_in(browser)
    page = await browser.get(f"{site.url}/{address}")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == ("no-cache" if address.startswith("static") else "no-store")
    assert "aiohttp" not in page.headers["Server"]


async def test_https_is_insisted_on_only_where_there_is_https() -> None:
    assert "Strict-Transport-Security" in response_headers(Settings(public_url="https://desk.example"))
    assert "Strict-Transport-Security" not in response_headers(Settings())


@pytest.mark.parametrize(
    "address",
    [
        "sign-in",
        "sign-out",
        "seals/enrol",
        "routes/invoices/gather",
        "batches/{batch}/approve",
        "batches/{batch}/abandon",
        "approve-all",
    ],
)
@pytest.mark.parametrize("secret", [{}, {"csrf": ""}, {"csrf": "guessed"}, {"csrf": "nē"}])
async def test_a_form_without_the_sessions_secret_does_nothing(
    site: Site, browser: Browser, address: str, secret: dict[str, str]
) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.post(f"{site.url}/{address.format(batch=batch)}", **secret)
    assert page.status == 403
    assert "out of date" in page.text
    assert (await site.history(batch)).state is State.PREPARED
    assert site.gathering.gathered == []
    assert (await browser.open(f"{site.url}/")).offers("/sign-out")


@pytest.mark.parametrize("address", ["routes/invoices/gather", "seals/enrol"])
async def test_a_form_of_a_stranger_leads_to_the_door(site: Site, browser: Browser, address: str) -> None:
    secret = (await browser.open(f"{site.url}/")).form("/sign-in").fields["csrf"]
    page = await browser.post(f"{site.url}/{address}", csrf=str(secret))
    assert page.onward == f"{site.url}/"
    assert site.gathering.gathered == []


async def test_a_made_up_cookie_is_a_stranger(site: Site, browser: Browser) -> None:
    browser.http.cookie_jar.update_cookies({"zimogs": "made up"})
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def test_no_page_holds_a_script_or_a_style_of_its_own(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    for page in (
        await browser.open(f"{site.url}/"),
        await site.sign_in(browser),
        await browser.open(f"{site.url}/batches/{batch}"),
    ):
        scripts = page.tree.xpath("//script")
        assert {(script.get("src"), script.text) for script in scripts} <= {("/static/live.js", None)}
        assert not page.tree.xpath("//style | //@style | //@*[starts-with(name(), 'on')]")


async def test_a_broken_page_shows_no_traceback(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    # No file, however broken, breaks a page any more: a fault of our own does.
    site.routes[INVOICES] = None  # type: ignore[assignment]
    with capture_logs() as logs:
        page = await browser.open(f"{site.url}/")
    assert page.status == 500
    assert "NotADirectoryError" not in page.source
    assert str(site.folder) not in page.source
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["page broke"]


async def test_too_large_a_form_is_refused_with_a_page(site: Site, browser: Browser) -> None:
    page = await browser.post(f"{site.url}/sign-in", csrf="x" * 200_000)
    assert page.status == 413
    assert "Back to the desk" in page.text


async def test_no_log_and_no_page_holds_code_state_or_form_secret(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    with capture_logs() as logs:
        await site.sign_in(browser)
        question = await site.ask(browser, batch)
        answer = await browser.press(question, "/oauth/", {"action": "approve", "password": PASSWORD})
        last = await browser.open(str(answer.onward))
    code = site.approvals.authorizations[0].code.get_secret_value()
    assert "/callback" in str(logs)
    assert not _held(str(logs), code, "state-", "?", str(last.form("/sign-out").fields["csrf"]))
    assert not _held(last.source, code, "state-")


async def test_the_queued_code_does_not_print_itself(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await site.approve(browser, batch)
    (authorization,) = site.approvals.authorizations
    assert authorization.code.get_secret_value() not in repr(authorization)


async def test_the_session_key_does_not_print_itself(site: Site) -> None:
    assert "kkkk" not in repr(site.desk)


def _held(text: str, *secrets: str) -> list[str]:
    return [secret for secret in secrets if secret in text]
