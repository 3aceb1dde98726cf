"""The list and the page of a batch: what they show, to whom, and cancelling."""

import pytest

from jobs.abandon import abandon
from jobs.deliver import deliver
from jobs.model.digest import Digest, SignatureValue
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import (
    Delivered,
    Delivery,
    DocumentResult,
    Finalizing,
    Lapsed,
    Refusal,
    Sealed,
    Signed,
    SignedDocument,
    Signing,
)
from jobs.ports import Story
from tests.support.builders import ANNA, INVOICES, JANIS
from tests.whole.browser import Browser
from tests.whole.site import Site
from worker.desk.pages.overview import RECENT


async def test_the_desk_lists_what_waits(site: Site, browser: Browser) -> None:
    site.drop("one.pdf", "two.pdf", "three.pdf")
    page = await site.sign_in(browser)
    assert "3 documents waiting" in page.text


async def test_what_waits_can_be_sealed_now(site: Site, browser: Browser) -> None:
    site.drop("one.pdf")
    page = await site.sign_in(browser)
    page = await browser.submit(page, f"/routes/{INVOICES}/gather")
    assert site.gathering.gathered == [INVOICES]
    assert page.url == f"{site.url}/"


async def test_batches_that_ask_for_approval_stand_first(site: Site, browser: Browser) -> None:
    asking = await site.prepared()
    later = await site.gathered(["late.pdf"])
    page = await site.sign_in(browser)
    assert page.source.index(asking) < page.source.index(later)


async def test_a_batch_shows_its_documents_and_the_summary_that_is_approved(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["2026/rēķins <1>.pdf"])
    history = await site.history(batch)
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "2026/rēķins <1>.pdf" in page.text
    assert history.gathered.documents[0].sha256.hex in page.source
    assert history.prepared.summary in page.source
    assert "Waits for approval since" in page.text
    assert page.offers("/approve")


async def test_a_batch_under_way_shows_its_steps_and_looks_again(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=ANNA, attempt=1))
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert page.refresh == "5"
    assert page.tree.xpath("string(//li[@aria-current='step'])") == "Signed"
    assert not page.offers("/abandon")


async def test_the_end_names_what_became_of_each_document(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await delivered(site, batch)
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "as one.pdf" in page.text
    assert ADVICE[Reason.NOT_VERIFIED] in page.text
    assert page.refresh is None


async def test_cancelling_a_batch_puts_every_document_aside(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.submit(await browser.open(f"{site.url}/batches/{batch}"), "/abandon")
    assert (await site.history(batch)).state is State.ABANDONED
    await deliver(batch, site.tools)
    assert len(site.quarantine.refusals) == 2
    assert "You cancelled the batch." in page.text


async def test_a_page_with_the_panel_for_cancelling_open_is_never_loaded_anew(site: Site, browser: Browser) -> None:
    batch = await site.gathered()
    await site.enrolled()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert page.refresh is not None
    assert not page.offers("/abandon")
    (way,) = page.tree.xpath("//*[@class='cancel']/a/@href")
    page = await browser.open(f"{site.url}/batches/{batch}{way.partition('#')[0]}")
    assert page.refresh is None
    assert page.tree.xpath("//details[@id='cancel' and @open]")
    await browser.submit(page, "/abandon")
    assert (await site.history(batch)).state is State.ABANDONED


async def test_a_batch_that_was_consented_to_cannot_be_cancelled(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=ANNA, attempt=1))
    refused = await browser.submit(page, "/abandon")
    assert refused.status == 409
    assert (await site.history(batch)).state is State.SIGNING


@pytest.mark.parametrize("address", ["batches/invoices-000099", "batches/nonsense", "batches/..%2f..%2fetc", "no/such"])
async def test_what_does_not_exist_is_a_friendly_page(site: Site, browser: Browser, address: str) -> None:
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/{address}")
    assert page.status == 404
    assert "Back to the desk" in page.text


async def test_who_does_not_approve_the_route_sees_nothing_of_its_batches(site: Site, browser: Browser) -> None:
    batch = await site.prepared(["secret name.pdf"])
    await site.sign_in(browser)
    site.approved_by(JANIS)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert page.status == 403
    assert "secret name" not in page.source


async def delivered(site: Site, batch: BatchId) -> None:
    """Write the rest of the batch's life: its first document sealed, its second refused at the very end."""
    history = await site.history(batch)
    first, second = history.gathered.documents
    value = SignatureValue.of(b"value")
    for record in (
        Signing(at=site.clock(), approver=ANNA, attempt=1),
        Signed(at=site.clock(), values=tuple(SignedDocument(document=d.id, value=value) for d in (first, second))),
        Finalizing(at=site.clock(), attempt=1),
        Sealed(at=site.clock(), results=tuple(DocumentResult(document=d.id) for d in (first, second))),
        Delivered(
            at=site.clock(),
            outcomes=(
                Delivery(document=first.id, name=first.name, sha256=Digest.sha256(b""), size=1, level="PAdES B-LT"),
                Refusal(document=second.id, reason=Reason.NOT_VERIFIED, detail="no timestamp"),
            ),
        ),
    ):
        history = await site.ledger.append(history, record)


async def test_a_batch_that_was_refused_says_why_and_asks_again_when_a_person_wants_it(
    site: Site, browser: Browser
) -> None:
    batch = await site.prepared()
    why = "nothing was sealed: signing:certificateRevoked"
    await site.ledger.append(await site.history(batch), Lapsed(at=site.clock(), why=why, is_stopped=True))
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert why in page.text
    assert page.refresh is None
    assert not page.offers("/approve")
    assert page.offers("/abandon")
    page = await browser.submit(page, "/ask-again")
    assert not (await site.history(batch)).is_stopped
    assert site.doorbell.rings[-1] == (Story.PREPARE, batch)
    assert "You had it prepared" in page.text


async def test_a_damaged_batch_is_listed_says_what_to_do_and_breaks_no_other_page(site: Site, browser: Browser) -> None:
    damaged = await site.prepared()
    whole = await site.gathered(["late.pdf"])
    site.ledger.entries[damaged][1] = site.ledger.entries[damaged][1][:40]
    page = await site.sign_in(browser)
    assert page.status == 200
    assert "Set apart" in page.text
    assert page.source.index(damaged) < page.source.index(whole)
    page = await browser.open(f"{site.url}/batches/{damaged}")
    assert page.status == 409
    assert "zimogs repair" in page.text
    assert (await browser.open(f"{site.url}/batches/{whole}")).status == 200


async def test_what_is_over_stays_in_sight_behind_many_that_wait(site: Site, browser: Browser) -> None:
    over = await site.gathered(["over.pdf"])
    await abandon(over, ANNA, site.tools)
    await site.ledger.close(over)
    for number in range(RECENT + 1):
        await site.gathered([f"{number}.pdf"])
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/")
    recent = page.tree.xpath("//section[@aria-labelledby='recent']//li/a/@href")
    assert recent == [f"/batches/{over}"]
