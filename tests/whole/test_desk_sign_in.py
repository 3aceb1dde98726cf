"""Coming in: who may, who may not, and what a session is good for."""

from datetime import timedelta

import pytest
from yarl import URL

from jobs.prepare import prepare
from tests.support.builders import JANIS
from tests.whole.browser import Browser
from tests.whole.site import PASSWORD, Site
from worker.desk.cookie import cookie_name


async def test_a_stranger_finds_the_door(site: Site, browser: Browser) -> None:
    page = await browser.open(f"{site.url}/")
    assert page.offers("/sign-in")
    assert not page.offers("/sign-out")


async def test_an_approver_signs_in(site: Site, browser: Browser) -> None:
    page = await site.sign_in(browser)
    assert page.url == f"{site.url}/"
    assert "ANNA PARAUGA" in page.text
    assert page.offers("/sign-out")


async def test_somebody_who_approves_nothing_is_told_whom_to_ask(site: Site, browser: Browser) -> None:
    page = await site.sign_in(browser, "janis")
    assert page.status == 403
    assert "administrator" in page.text
    assert JANIS in page.text


async def test_somebody_who_approves_nothing_is_not_signed_in(site: Site, browser: Browser) -> None:
    await site.sign_in(browser, "janis")
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def test_signing_out_forgets_the_person(site: Site, browser: Browser) -> None:
    page = await browser.submit(await site.sign_in(browser), "/sign-out")
    assert page.offers("/sign-in")


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(site: Site, browser: Browser) -> None:
    page = await site.sign_in(browser)
    kept = {cookie.key: cookie.value for cookie in browser.http.cookie_jar if cookie.key == cookie_name(site.url)}
    await browser.submit(page, "/sign-out")
    browser.http.cookie_jar.clear()
    browser.http.cookie_jar.update_cookies(kept)
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def test_where_it_cannot_be_told_whether_a_session_was_ended_a_page_says_that_and_it_goes_on_later(
    site: Site, browser: Browser
) -> None:
    await site.sign_in(browser)
    # What stands there has a longer name than any file can have: looking it up fails.
    (site.folder / "signed-out").symlink_to("x" * 300)
    page = await browser.get(f"{site.url}/")
    assert page.status == 500
    assert "No document is lost" in page.text
    (site.folder / "signed-out").unlink()
    assert (await browser.open(f"{site.url}/")).offers("/sign-out")


async def test_signing_out_ends_the_platforms_session_too(site: Site, browser: Browser) -> None:
    page = await browser.submit(await site.sign_in(browser), "/sign-out")
    assert "here and at eParaksts" in page.text
    asked = await browser.submit(page, "/sign-in")
    assert not asked.url.startswith(site.url)
    assert "mobileid" in asked.source


async def test_a_session_ends_though_it_is_used(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    for _ in range(23):
        site.clock.advance(timedelta(minutes=20))
        assert (await browser.open(f"{site.url}/")).offers("/sign-out")
    site.clock.advance(timedelta(minutes=20))
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def test_a_session_in_which_nobody_does_anything_ends_though_its_page_looks_again(
    site: Site, browser: Browser
) -> None:
    await site.sign_in(browser)
    browser.http.headers["Sec-Fetch-Mode"] = "navigate"
    site.clock.advance(timedelta(minutes=20))
    assert (await browser.open(f"{site.url}/")).offers("/sign-out")
    site.clock.advance(timedelta(minutes=10))
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def test_an_address_that_signs_in_too_often_is_asked_to_wait(site: Site, browser: Browser) -> None:
    door = await browser.open(f"{site.url}/")
    for _ in range(site.desk.settings.dialogs_per_address):
        assert (await browser.press(door, "/sign-in")).status == 200
    page = await browser.press(door, "/sign-in")
    assert page.status == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 900
    assert "Wait a few minutes" in page.text


async def test_the_form_secret_is_renewed_at_sign_in(site: Site, browser: Browser) -> None:
    before = (await browser.open(f"{site.url}/")).form("/sign-in").fields["csrf"]
    after = (await site.sign_in(browser)).form("/sign-out").fields["csrf"]
    assert before != after


async def test_who_followed_a_link_comes_to_it_after_signing_in(site: Site, browser: Browser) -> None:
    batch = await site.gathered()
    assert (await browser.open(f"{site.url}/batches/{batch}")).offers("/sign-in")
    assert (await site.sign_in(browser)).url == f"{site.url}/batches/{batch}"


@pytest.mark.parametrize(
    ("address", "kind", "after"),
    [
        ("documents/a%0D%0ALocation:%20elsewhere.example", "document", None),
        ("search?q=two%20words", "document", None),
        ("sitting", "empty", "/"),
        ("batches/invoices-000001/documents/x/picture", "image", "/"),
        ("documents/" + "x" * 1001, "document", "/"),
    ],
)
async def test_after_signing_in_comes_the_page_that_a_person_asked_for_and_nothing_else(
    site: Site, browser: Browser, address: str, kind: str, after: str | None
) -> None:
    await site.indexed()
    async with browser.http.get(URL(f"{site.url}/{address}", encoded=True), headers={"Sec-Fetch-Dest": kind}):
        pass
    page = await site.sign_in(browser)
    assert page.url == f"{site.url}{after or '/' + address}"
    assert page.status < 500


async def test_whose_session_ended_at_the_platform_does_not_come_back_to_a_spent_answer(
    site: Site, browser: Browser
) -> None:
    await site.enrolled()
    batch = await site.gathered()
    await site.sign_in(browser)
    for _ in range(23):
        site.clock.advance(timedelta(minutes=20))
        await browser.open(f"{site.url}/")
    site.clock.advance(timedelta(minutes=15))
    await prepare(batch, site.tools)
    question = await site.ask(browser, batch)
    site.clock.advance(timedelta(minutes=5))
    page = await browser.submit(question, "/oauth/", {"action": "approve", "password": PASSWORD})
    assert page.offers("/sign-in")
    assert site.approvals.authorizations == []
    page = await browser.submit(page, "/sign-in")
    assert (page.url, page.offers("/sign-out")) == (f"{site.url}/", True)


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(site: Site, browser: Browser) -> None:
    cookie = (await browser.get(f"{site.url}/")).headers["Set-Cookie"]
    assert cookie.startswith("zimogs=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_nothing_of_the_person_can_be_read_in_the_cookie(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    (cookie,) = (cookie for cookie in browser.http.cookie_jar if cookie.key == cookie_name(site.url))
    assert "ANNA" not in cookie.value
    assert "000123" not in cookie.value


async def test_a_cancelled_sign_in_says_so(site: Site, browser: Browser) -> None:
    state = await _state(site, browser)
    page = await browser.open(f"{site.url}/callback?error=access_denied&state={state}")
    assert "or you cancelled it there" in page.text
    assert page.offers("/sign-in")


async def test_a_code_that_the_vendor_refuses_lets_nobody_in(site: Site, browser: Browser) -> None:
    state = await _state(site, browser)
    page = await browser.open(f"{site.url}/callback?code=made-up&state={state}")
    assert page.status == 502
    assert "made-up" not in page.source
    assert (await browser.open(f"{site.url}/")).offers("/sign-in")


async def _state(site: Site, browser: Browser) -> str:
    """Begin to sign in, and stop at the vendor's door."""
    leaving = await browser.press(await browser.open(f"{site.url}/"), "/sign-in")
    assert leaving.onward
    return leaving.onward.rpartition("state=")[2].partition("&")[0]
