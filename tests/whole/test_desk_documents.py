"""The documents on a batch's page: opened, pictured, sorted, added up; to those who may see the batch alone."""

from decimal import Decimal
from urllib.parse import unquote

import pytest
from pydantic import ByteSize
from structlog.testing import capture_logs

from jobs.gather import gather
from jobs.model.digest import Digest
from jobs.model.documents import Document, Limits
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Lapsed, Refusal
from jobs.model.seals import Proof
from jobs.prepare import prepare
from tests.support.builders import INVOICES, JANIS, a_document_id
from tests.support.looks import HOSTILE, a_file, a_folder
from tests.support.waiting import until
from tests.whole.browser import Browser, Page
from tests.whole.site import Site
from worker.desk.document_rows import PER_PAGE
from worker.preview.ahead import look_ahead
from worker.storage.delivery_index import DeliveryIndex
from worker.storage.sidecar import Sidecar

HTML = b"<script>alert(1)</script>"


async def gathered(site: Site, document: Document, content: bytes | None = None) -> BatchId:
    """A batch of this one document; without content its original stands nowhere."""
    if content is not None:
        site.place(document)[0].write_bytes(content)
    site.shelf.admit(document)
    (batch,) = await gather(site.route, site.tools, at_once=True)
    return batch


async def opened(site: Site, browser: Browser, address: str) -> Page:
    """The answer to an address, as bytes are told in Latin-1."""
    return await browser.get(f"{site.url}{address}")


async def batch_page(site: Site, browser: Browser, batch: BatchId, query: str = "") -> Page:
    await site.sign_in(browser)
    return await browser.open(f"{site.url}/batches/{batch}{query}")


# Opening


async def test_a_pdf_is_shown_byte_by_byte_in_a_sandbox(site: Site, browser: Browser) -> None:
    document = a_file(HOSTILE, name="2026/rēķins “1”.pdf")
    batch = await gathered(site, document, HOSTILE)
    await site.sign_in(browser)
    async with browser.http.get(f"{site.url}/batches/{batch}/documents/{document.id}") as answer:
        assert await answer.read() == HOSTILE
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "allow-" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Cache-Control"] == "no-store"
        kind, _, name = answer.headers["Content-Disposition"].partition(";")
        assert (kind, unquote(name.partition("filename*=UTF-8''")[2])) == ("inline", "rēķins “1”.pdf")


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.xml", "a"])
async def test_anything_else_is_saved_and_never_shown(site: Site, browser: Browser, name: str) -> None:
    document = a_file(HTML, name=name, media_type="text/html")
    batch = await gathered(site, document, HTML)
    await site.sign_in(browser)
    answer = await opened(site, browser, f"/batches/{batch}/documents/{document.id}")
    assert answer.source.encode() == HTML
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_each_file_of_a_folder_can_be_opened(site: Site, browser: Browser) -> None:
    folder = a_folder({"līgums.txt": b"first", "zz.txt": b"second"})
    place = site.place(folder)[0]
    place.mkdir()
    (place / "līgums.txt").write_bytes(b"first")
    (place / "zz.txt").write_bytes(b"second")
    batch = await gathered(site, folder)
    page = await batch_page(site, browser, batch)
    links = [str(link) for link in page.tree.xpath("//table//details//a/@href")]
    assert [(await opened(site, browser, link)).source for link in links] == ["first", "second"]
    whole = f"/batches/{batch}/documents/{folder.id}"
    for address in (whole, f"{whole}/files/2", f"{whole}/files/-1", f"{whole}/files/x"):
        assert (await opened(site, browser, address)).status == 404


async def test_nobody_else_sees_a_document_or_its_picture(site: Site, browser: Browser) -> None:
    document = a_file(HOSTILE)
    batch = await gathered(site, document, HOSTILE)
    address = f"/batches/{batch}/documents/{document.id}"
    assert (await opened(site, browser, address)).headers["Location"] == "/"
    site.approved_by(JANIS)
    await site.sign_in(browser)
    for path in (address, f"{address}/picture"):
        assert "Pay 100 EUR" not in (await opened(site, browser, path)).source
        assert (await opened(site, browser, path)).status in {303, 403}


async def test_a_document_of_another_batch_is_not_in_this_one(site: Site, browser: Browser) -> None:
    batch = await gathered(site, a_file(HOSTILE), HOSTILE)
    await site.sign_in(browser)
    for document in (a_document_id(9), "..", "x"):
        assert (await opened(site, browser, f"/batches/{batch}/documents/{document}")).status == 404


async def test_what_is_kept_no_longer_is_told_and_what_was_altered_is_not_shown(site: Site, browser: Browser) -> None:
    gone, altered = a_file(HOSTILE), a_file(b"as it was", number=2, name="b.pdf")
    site.place(altered)[0].write_bytes(b"otherwise")
    site.shelf.admit(altered)
    batch = await gathered(site, gone)
    await site.sign_in(browser)
    for document in (gone, altered):
        answer = await opened(site, browser, f"/batches/{batch}/documents/{document.id}")
        assert answer.status == 410
        assert "otherwise" not in answer.source


async def test_whoever_stops_reading_a_large_document_breaks_nothing(site: Site, browser: Browser) -> None:
    content = b"%PDF-1.7 " + bytes(32_000_000)
    document = a_file(content)
    batch = await gathered(site, document, content)
    await site.sign_in(browser)
    with capture_logs() as logs:
        async with browser.http.get(f"{site.url}/batches/{batch}/documents/{document.id}") as answer:
            assert await answer.content.readexactly(9) == content[:9]
            answer.close()
        await until(lambda: any(entry["event"] == "file not taken" for entry in logs))
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert (await browser.open(f"{site.url}/batches/{batch}")).status == 200


# Pictures


async def test_a_first_page_is_pictured_and_what_is_in_the_document_named(site: Site, browser: Browser) -> None:
    document = a_file(HOSTILE)
    batch = await gathered(site, document, HOSTILE)
    await look_ahead(site.previews, site.ledger, batch)
    page = await batch_page(site, browser, batch)
    (picture,) = page.tree.xpath("//table//img")
    assert (picture.get("loading"), picture.get("width"), picture.get("height")) == ("lazy", "72", "102")
    assert "Attached inside it: run.html." in page.text
    async with browser.http.get(f"{site.url}{picture.get('src')}") as answer:
        assert (answer.content_type, (await answer.read())[:2]) == ("image/jpeg", b"\xff\xd8")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_where_there_is_no_picture_another_stands_and_the_page_says_why(site: Site, browser: Browser) -> None:
    document = a_file(b"%PDF-1.7 broken")
    batch = await gathered(site, document, b"%PDF-1.7 broken")
    # However long it takes: whoever asks for a picture waits some seconds only.
    assert await site.previews.picture(batch, document, document.files[0]) is None
    await site.sign_in(browser)
    answer = await opened(site, browser, f"/batches/{batch}/documents/{document.id}/picture")
    assert answer.headers["Location"] == "/static/no-picture.svg"
    assert (await opened(site, browser, "/static/no-picture.svg")).status == 200
    assert "No picture: it cannot be read here." in (await browser.open(f"{site.url}/batches/{batch}")).text


# Marks and lists


async def test_what_was_sealed_before_and_what_waits_elsewhere_is_marked(site: Site, browser: Browser) -> None:
    await site.enrolled()
    content = site.place(site.drop("one.pdf")[0])[0].read_bytes()
    first = a_file(content, number=7, name="again.pdf")
    (earlier,) = await gather(site.route, site.tools, at_once=True)
    batch = await gathered(site, first, content)
    await prepare(batch, site.tools)
    await site.indexed()
    page = await batch_page(site, browser, batch)
    assert f"The same content waits in another batch as well: {earlier}." in page.text


async def test_what_was_delivered_before_is_marked_and_its_batch_named_to_those_who_may_see_it(
    site: Site, browser: Browser
) -> None:
    await site.enrolled()
    (document,) = site.drop("one.pdf")
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=site.clock())
    index = DeliveryIndex(site.folder / "outbox", site.folder / "data")
    earlier = document.model_copy(update={"id": a_document_id(77)})
    index.add(Sidecar.of(batch_id(INVOICES, 40), earlier, proof, "one.pdf"))
    (batch,) = await gather(site.route, site.tools, at_once=True)
    await prepare(batch, site.tools)
    page = await batch_page(site, browser, batch)
    assert f"The same content was sealed before, in batch {batch_id(INVOICES, 40)}." in page.text


async def test_metadata_stands_beside_each_document_and_is_added_up(site: Site, browser: Browser) -> None:
    known = Metadata(
        number="R-17", customer="SIA <Pircējs>", sender="SIA Devējs", total=Decimal("1234.5"), currency="EUR"
    )
    site.shelf.admit(a_file(b"other", number=2, name="silent.pdf"))
    batch = await gathered(site, a_file(HOSTILE).model_copy(update={"metadata": known}))
    page = await batch_page(site, browser, batch)
    for words in ("R-17", "SIA <Pircējs>", "SIA Devējs", "1,234.50 EUR", "1 document says no sum"):
        assert words in page.text


async def test_what_is_approved_is_exactly_what_stands_below(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["one.pdf", "two.pdf", "three.pdf"])
    history = await site.history(batch)
    refused = history.prepared.documents[0].document
    damaged = Refusal(document=refused, reason=Reason.DAMAGED, detail="no trailer")
    prepared = history.prepared.model_copy(update={"documents": history.prepared.documents[1:], "refused": (damaged,)})
    lapsed = await site.ledger.append(history, Lapsed(at=site.clock(), why="a document was damaged"))
    await site.ledger.append(lapsed, prepared)
    page = await batch_page(site, browser, batch)
    assert "You approve exactly the 2 documents listed below" in page.text
    approved, aside = page.tree.xpath("//table")
    assert len(approved.xpath(".//tbody/tr")) == 2
    assert history.documents[refused].name in aside.text_content()
    assert "not part of what is approved" in page.text


async def test_a_large_batch_shows_its_buttons_first(site: Site, browser: Browser) -> None:
    batch = await site.prepared([f"{number:03}.pdf" for number in range(3)])
    source = (await batch_page(site, browser, batch)).source
    assert source.index("/abandon") < source.index("/approve") < source.index("<table")


async def test_thousands_of_files_come_in_pages(site: Site, browser: Browser) -> None:
    site.routes[site.route.name] = site.route.model_copy(
        update={
            "limits": Limits.model_construct(
                max_documents=5000, max_bytes=ByteSize(10**12), max_wait=site.route.limits.max_wait
            )
        }
    )
    documents = [
        a_file(b"%d" % number, number=number, name=f"{number:04}.pdf").model_copy(update={"received_at": site.clock()})
        for number in range(1, 2 * PER_PAGE + 2)
    ]
    site.shelf.admit(*documents)
    (batch,) = await gather(site.route, site.tools, at_once=True)
    first = await batch_page(site, browser, batch)
    assert len(first.tree.xpath("//tbody/tr")) == PER_PAGE
    last = await browser.open(f"{site.url}/batches/{batch}?page=3")
    assert [str(name).strip() for name in last.tree.xpath("//tbody//th/a/text()")] == [documents[-1].name]
    found = await browser.open(f"{site.url}/batches/{batch}?document={documents[-1].id}")
    assert found.tree.xpath("//tbody/tr/@id") == [documents[-1].id]
    for query in ("?page=0", "?page=x", "?page=-1", "?page=99999999999"):
        assert (await browser.open(f"{site.url}/batches/{batch}{query}")).status == 200
    assert len((await browser.open(f"{site.url}/batches/{batch}?page=999")).tree.xpath("//tbody/tr")) == 1


async def test_a_batch_that_waits_for_its_seal_has_the_button_for_it(site: Site, browser: Browser) -> None:
    batch = await site.gathered()
    page = await batch_page(site, browser, batch)
    assert "Waits for its seal" in page.text
    assert "is enrolled" in (await browser.submit(page, "/seals/enrol")).text
