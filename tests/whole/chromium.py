"""A real browser, headless, for tests of pages: who imports these fixtures into a module shares one browser in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.programs import required
from tests.whole.site import Site, a_site

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
"""Pictures for people to look at; git does not know the folder."""
AXE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"], "elementRef": False}
"""Targets of 24 pixels (WCAG 2.2, 2.5.8) are asked for beside what axe asks by itself."""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=required("chromium"), args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page that remembers nothing; whatever the page's own policy made the browser refuse fails the test."""
    refused: list[str] = []
    async with await chromium.new_context(viewport={"width": 1100, "height": 800}) as context:
        opened = await context.new_page()
        opened.on("console", lambda message: refused.append(message.text))
        yield opened
    assert [text for text in refused if "Content Security Policy" in text] == []


@pytest_asyncio.fixture(loop_scope="module")
async def site(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """The usual site, in the browser's event loop."""
    async with a_site(vendor_state, tmp_path) as opened:
        yield opened


async def sign_in(site: Site, page: Page) -> None:
    """Go through the vendor's pages as Anna."""
    await page.goto(f"{site.url}/")
    await page.get_by_role("button", name="Sign in with eParaksts").click()
    await page.get_by_role("button", name="eParaksts mobile Confirm in the app").click()
    await page.get_by_role("button", name="Anna Parauga").click()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def judge(page: Page, name: str) -> None:
    """Ask axe in light and dark, and at the width of a phone; nothing may be wider than that, or move."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.set_viewport_size({"width": 320, "height": 700})
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=True)
        found = await Axe().run(page, options=AXE)
        assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    assert await page.evaluate("document.getAnimations().length") == 0
