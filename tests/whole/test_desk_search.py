"""All batches ever, and the search: what they show, to whom, and how little it costs."""

from urllib.parse import quote

import pytest

from jobs.abandon import abandon
from jobs.model.names import RouteName, batch_id
from tests.support.builders import ANNA, INVOICES, JANIS, a_route
from tests.whole.browser import Browser
from tests.whole.site import Site


async def test_a_document_is_found_from_every_page_and_leads_to_its_batch(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["2026/Bērziņš <1>.pdf", "2026/Ozols.pdf"])
    await site.indexed()
    page = await site.sign_in(browser)
    page = await browser.open(f"{page.url}search?q=berzins")
    (document, _) = (await site.history(batch)).gathered.documents
    assert "2026/Bērziņš <1>.pdf" in page.text
    assert "Ozols" not in page.text
    assert page.tree.xpath("//a[contains(@href, '#')]/@href")[1:] == [
        f"/batches/{batch}?document={document.id}#{document.id}"
    ]
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert page.form("/search").get("method") == "get"


async def test_what_became_of_found_documents_is_said(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["one.pdf"])
    await abandon(batch, ANNA, site.tools)
    await site.indexed()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/search?q=one.pdf")
    assert "cancelled" in page.text
    page = await browser.open(f"{site.url}/batches?standing=not-sealed")
    assert batch in page.text
    page = await browser.open(f"{site.url}/batches?standing=sealed")
    assert "There are no such batches." in page.text


async def test_nobody_sees_batches_or_documents_of_other_routes(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["secret.pdf"])
    await site.indexed()
    for path in ("/batches", "/search?q=secret"):
        assert (await browser.get(f"{site.url}{path}")).headers["Location"] == "/"
    await site.sign_in(browser)
    site.routes[RouteName("acts")] = a_route().model_copy(update={"name": RouteName("acts")})
    site.approved_by(JANIS)
    for path in ("/batches", f"/batches?route={INVOICES}", "/search?q=secret", f"/search?q={batch}"):
        page = await browser.open(f"{site.url}{path}")
        assert page.status == 200
        assert f'href="/batches/{batch}' not in page.source
        assert "secret.pdf" not in page.text


async def test_a_hundred_batches_are_pages_of_one_size(site: Site, browser: Browser) -> None:
    for number in range(60):
        await site.gathered([f"{number}.pdf"])
    await site.indexed()
    await site.sign_in(browser)
    page, seen = await browser.open(f"{site.url}/batches?since=2020-01-01"), []
    while True:
        listed = page.tree.xpath("//ul[contains(@class, 'batches')]//a/@href")
        assert len(listed) <= 25
        seen += listed
        (older,) = page.tree.xpath("//a[@rel='next']/@href") or [None]
        if older is None:
            break
        page = await browser.open(f"{site.url}{older}")
    assert seen == [f"/batches/{batch_id(INVOICES, number)}" for number in range(60, 0, -1)]


@pytest.mark.parametrize(
    "path", ["/batches?page=0", "/batches?page=²", "/batches?page=9999999999999", "/batches?standing=x"]
)
async def test_addresses_that_nobody_gave_out_show_a_page_all_the_same(site: Site, browser: Browser, path: str) -> None:
    await site.indexed()
    await site.sign_in(browser)
    assert (await browser.open(f"{site.url}{quote(path, safe='/?=')}")).status == 200


async def test_what_is_no_date_is_said(site: Site, browser: Browser) -> None:
    await site.indexed()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches?since=yesterday<")
    assert "yesterday< is no date such as 2026-11-23. It was left out." in page.text


@pytest.mark.parametrize(
    "typed", ["", "a", "%00%00%00", "%22%20OR%20%22", "%FF%FE", "x" * 5000, "%F0%9F%A6%86%F0%9F%A6%86%F0%9F%A6%86"]
)
async def test_whatever_is_typed_is_answered(site: Site, browser: Browser, typed: str) -> None:
    await site.indexed()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/search?q={typed}")
    assert page.status == 200
    assert page.offers("/search")


async def test_while_there_is_no_index_the_page_says_so(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    for path in ("/batches", "/search?q=anything"):
        page = await browser.open(f"{site.url}{path}")
        assert page.status == 503
        assert page.headers["Retry-After"] == "60"
        assert "The list of all batches is being made" in page.text


async def test_the_search_is_told_in_latvian(site: Site, browser: Browser) -> None:
    await site.prepared(["rēķins.pdf"])
    await site.indexed()
    await site.sign_in(browser)
    browser.http.headers["Accept-Language"] = "lv"
    page = await browser.open(f"{site.url}/batches")
    assert "Visas partijas" in page.text
    assert "Gaida apstiprinājumu" in page.text
    page = await browser.open(f"{site.url}/search?q=nothing")
    assert "Nekas netika atrasts" in page.text
