"""Open pages in a real browser: made new piece by piece, never where somebody is busy, and clean for axe."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from jobs.model.names import BatchId
from jobs.model.records import Signing
from jobs.model.standstill import Cause, Foundation, Standstill
from tests.support.builders import ANNA, INVOICES, NOON
from tests.whole.chromium import chromium, judge, page, sign_in, site
from tests.whole.site import PASSWORD, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


__all__ = ["chromium", "page", "site"]


async def come_in(site: Site, page: Page) -> None:
    await sign_in(site, page)
    # Where the page was loaded anew, the mark is gone.
    await page.evaluate("window.isTheSame = true")


async def is_the_same(page: Page) -> bool:
    return bool(await page.evaluate("window.isTheSame === true"))


async def approved(site: Site, batch: BatchId) -> None:
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=ANNA, attempt=1))


async def test_what_changes_shows_by_itself_in_the_page_its_title_and_its_tab(site: Site, page: Page) -> None:
    await come_in(site, page)
    await expect(page).to_have_title("Your desk · zimogs")
    batch = await site.prepared()
    await expect(page).to_have_title("(1) Your desk · zimogs")
    await expect(page.locator("[data-live=asking]")).to_contain_text(batch)
    await expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/static/seal-asks.svg")
    await approved(site, batch)
    await expect(page.locator("[data-live=moving]")).to_contain_text("Signing")
    await expect(page).to_have_title("Your desk · zimogs")
    assert await is_the_same(page)


async def test_nothing_changes_under_an_open_panel_a_focus_or_a_selection(site: Site, page: Page) -> None:
    await site.enrolled()
    stands = Standstill(subject=INVOICES, cause=Cause.VENDOR_AWAY, since=NOON, detail="the vendor answered 503")
    await site.standstills.record(stands)
    await come_in(site, page)
    route, everything = page.locator(f"[data-live=route-{INVOICES}]"), page.locator("[data-live=standing]")
    blur = "() => { document.activeElement.blur(); getSelection().empty(); }"

    async def toggle() -> None:
        await route.locator("summary").first.click()
        await page.evaluate(blur)

    async def leave() -> None:
        await page.evaluate(blur)

    for number, (begin, end) in enumerate(
        [(toggle, toggle), (route.locator("summary").first.focus, leave), (route.locator("h2").select_text, leave)],
        start=1,
    ):
        before = await route.inner_text()
        await begin()
        site.drop(*(f"{name}.pdf" for name in range(number)))
        # Another part of the page tells that it was made new meanwhile.
        told = Standstill(subject=Foundation.REDIS, cause=Cause.REDIS_AWAY, since=NOON, detail=f"detail {number}")
        await site.standstills.record(told)
        await expect(everything).to_contain_text(f"detail {number}")
        assert (await route.inner_text()).replace("the vendor answered 503", "").split() == before.split()
        await end()
        await expect(route).to_contain_text(f"{number} document")
    assert await is_the_same(page)


async def test_a_page_of_a_session_that_ended_leads_to_the_door(site: Site, page: Page) -> None:
    await come_in(site, page)
    other = await page.context.new_page()
    await other.goto(f"{site.url}/")
    await other.get_by_role("button", name="Sign out").click()
    await site.prepared()
    await expect(page.get_by_role("button", name="Sign in with eParaksts")).to_be_visible()


async def test_a_sitting_goes_by_the_keyboard_alone_and_without_a_script(site: Site, chromium: Browser) -> None:
    batches = [await site.prepared([name]) for name in ("one.pdf", "two.pdf")]
    async with await chromium.new_context(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(f"{site.url}/")
        for name in ("Sign in with eParaksts", "eParaksts mobile Confirm in the app", "Anna Parauga", "Confirm"):
            await press(page, page.get_by_role("button", name=name))
        await press(page, page.get_by_role("link", name="Approve all that waits"))
        await press(page, page.get_by_role("button", name="Begin"))
        for _ in batches:
            await page.get_by_label("Key password").focus()
            await page.keyboard.type(PASSWORD)
            await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("You approved 2 of 2")
    assert [authorization.batch for authorization in site.approvals.authorizations] == batches


async def test_axe_finds_nothing_on_any_page_of_a_sitting_moving_or_not_in_the_dark_and_on_a_phone(
    site: Site, page: Page
) -> None:
    await site.standstills.record(Standstill(subject=Foundation.WORKER, cause=Cause.NO_WORKER, since=NOON, detail="x"))
    first, _, _ = [await site.prepared([f"{number}.pdf"]) for number in range(3)]
    await approved(site, first)
    site.drop("waits.pdf")
    await come_in(site, page)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await judge(page, "sitting-overview")
    await page.goto(f"{site.url}/approve-all")
    await judge(page, "sitting-approve-all")
    await page.get_by_role("button", name="Begin").click()
    await page.get_by_label("Key password").fill(PASSWORD)
    await page.get_by_role("button", name="Approve").click()
    await page.get_by_role("button", name="Cancel").click()
    await judge(page, "sitting-paused")
    await page.get_by_role("button", name="Stop here").click()
    await judge(page, "sitting-over")
    await page.goto(f"{site.url}/batches/{first}")
    await judge(page, "sitting-moving")


async def test_a_page_of_a_hundred_and_thirty_batches_is_as_long_as_one_of_ten(site: Site, page: Page) -> None:
    for number in range(130):
        await site.gathered([f"{number}.pdf"])
    await page.set_viewport_size({"width": 320, "height": 700})
    await come_in(site, page)
    # Without its seal each of them asks for somebody; with it each goes on by itself.
    await expect(page).to_have_title("(130) Your desk · zimogs")
    await expect(page.locator("[data-live=asking]")).to_contain_text("and 120 more")
    assert await page.evaluate("document.documentElement.scrollHeight") < 3000
    await site.enrolled()
    await page.reload()
    await expect(page.locator("[data-live=moving]")).to_contain_text("and 120 more")
    assert await page.evaluate("document.documentElement.scrollHeight") < 3000


async def press(page: Page, element: Locator) -> None:
    """Go there by the Tab key, and press Enter."""
    for _ in range(40):
        if await element.evaluate("each => each === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
