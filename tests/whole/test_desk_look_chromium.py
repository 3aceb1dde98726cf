"""The batch's page in a real browser: on phone and desk, with a hundred documents, and with a hostile one opened."""

from itertools import product
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from jobs.gather import gather
from jobs.model.names import batch_id
from tests.support.builders import INVOICES
from tests.support.looks import HOSTILE, a_file
from tests.whole.chromium import chromium, page, sign_in, site
from tests.whole.site import Site
from worker.desk.document_rows import PER_PAGE
from worker.preview.ahead import look_ahead

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium", "page", "site"]
BATCH = batch_id(INVOICES, 1)
SIZES: dict[str, ViewportSize] = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1100, "height": 800}}


async def test_a_hostile_document_opened_from_the_desk_does_nothing_to_it(site: Site, page: Page) -> None:
    document = a_file(HOSTILE, name="hostile.pdf")
    site.place(document)[0].write_bytes(HOSTILE)
    site.shelf.admit(document)
    await gather(site.route, site.tools, at_once=True)
    before = await site.history(BATCH)
    await sign_in(site, page)
    await page.goto(f"{site.url}/batches/{BATCH}")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="hostile.pdf", exact=True).click()
    opened = await opening.value
    address = f"{site.url}/batches/{BATCH}/documents/{document.id}"
    await opened.wait_for_load_state()
    assert await opened.evaluate("self.opener") is None
    # What it may do, it does when it is opened and when somebody clicks into it.
    await opened.mouse.click(300, 300)
    await opened.close()
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text(BATCH)
    assert f"GET {address}" in asked
    assert [one for one in asked if not one.startswith("GET ") or "127.0.0.1:9" in one] == []
    assert await site.history(BATCH) == before


async def test_a_hundred_documents_show_their_button_at_once_and_fit(site: Site, page: Page, tmp_path: Path) -> None:
    await site.prepared([f"2026/rēķins {number:03}.pdf" for number in range(1, 101)])
    await look_ahead(site.previews, site.ledger, BATCH)
    await sign_in(site, page)
    for size, language in product(SIZES, ("en", "lv")):
        await page.set_viewport_size(SIZES[size])
        await page.context.add_cookies([{"name": "zimogs-language", "value": language, "url": site.url}])
        await page.goto(f"{site.url}/batches/{BATCH}")
        button = page.locator("#approve")
        await expect(button).to_be_in_viewport()
        assert await page.locator("tbody tr").count() == PER_PAGE
        assert await page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
        await page.screenshot(path=tmp_path / f"batch-{size}-{language}.png")
        row = page.locator("tbody tr").nth(40)
        await row.scroll_into_view_if_needed()
        # It stays in sight however far one reads.
        await expect(button).to_be_in_viewport()
        await expect(row.locator("img")).to_have_js_property("naturalWidth", 480)
        await page.screenshot(path=tmp_path / f"documents-{size}-{language}.png")
