"""The desk in a real browser, headless: sign in, enrol, approve."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from jobs.gather import gather
from jobs.model.names import batch_id
from jobs.model.seals import normalise_label
from jobs.prepare import prepare
from tests.support.builders import INVOICES
from tests.whole.chromium import chromium, judge, page, sign_in, site
from tests.whole.site import FRESH_FOR, LABEL, PASSWORD, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium", "page", "site"]
BATCH = batch_id(INVOICES, 1)


async def test_a_person_signs_in_enrols_and_approves_in_a_browser(site: Site, page: Page) -> None:
    site.drop("2026/rēķins 1.pdf", "2026/rēķins 2.pdf")
    await sign_in(site, page)

    await page.get_by_role("button", name="Enrol this seal").click()
    await expect(page.get_by_role("status")).to_contain_text(f"The seal {normalise_label(LABEL)} is enrolled.")

    await gather(site.route, site.tools, at_once=True)
    await prepare(BATCH, site.tools)
    await page.goto(f"{site.url}/batches/{BATCH}")

    await page.get_by_role("button", name="Approve with eParaksts").click()
    await page.get_by_label("Key password").fill(PASSWORD)
    await page.get_by_role("button", name="Approve").click()
    await expect(page).to_have_url(f"{site.url}/batches/{BATCH}")
    await expect(page.get_by_role("status")).to_contain_text("Approved")
    assert [authorization.batch for authorization in site.approvals.authorizations] == [BATCH]


async def test_a_browser_waits_for_fresh_digests_and_goes_on_by_itself(site: Site, page: Page) -> None:
    await site.prepared()
    await sign_in(site, page)
    site.clock.advance(FRESH_FOR + timedelta(seconds=1))
    await page.goto(f"{site.url}/batches/{BATCH}")
    await page.get_by_role("button", name="Approve with eParaksts").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Preparing the digests anew")
    await judge(page, "preparing")
    await prepare(BATCH, site.tools)
    await expect(page.get_by_label("Key password")).to_be_visible()


async def test_the_back_button_does_not_catch_the_person_at_the_vendor(site: Site, page: Page) -> None:
    await site.prepared()
    await sign_in(site, page)
    await page.goto(f"{site.url}/batches/{BATCH}")
    await page.get_by_role("button", name="Approve with eParaksts").click()
    await expect(page.get_by_label("Key password")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("button", name="Approve with eParaksts")).to_be_visible()


async def test_everything_can_be_reached_with_the_keyboard(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(3):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Sign in with eParaksts")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("How would you like to log in?")


async def test_a_search_needs_no_button_on_a_small_phone(site: Site, page: Page) -> None:
    await site.gathered(["2026/rēķins.pdf"])
    await site.indexed()
    await page.set_viewport_size({"width": 320, "height": 640})
    await sign_in(site, page)
    await page.get_by_role("searchbox").fill("rekins")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page.get_by_role("link", name="2026/rēķins")).to_be_visible()
