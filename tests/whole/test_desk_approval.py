"""Approving a batch on the desk: from the button to the queued authorization, and how it may not happen."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Lapsed, PreparedDocument, Signing
from jobs.model.vendor_limits import LimitKind
from jobs.ports import Story
from jobs.prepare import prepare
from tests.support.builders import ANNA, INVOICES, JANIS, documents
from tests.whole.browser import Browser, Page, a_browser
from tests.whole.site import FRESH_FOR, PASSWORD, Site, a_site


async def test_an_approval_becomes_one_queued_authorization(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await site.approve(browser, batch)
    (authorization,) = site.approvals.authorizations
    assert page.url == f"{site.url}/batches/{batch}"
    assert (authorization.batch, authorization.approver) == (batch, ANNA)
    assert authorization.summary == (await site.history(batch)).prepared.summary


async def test_the_queued_code_signs_exactly_this_batch(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await site.approve(browser, batch)
    values = await site.tools.service.sign((await site.history(batch)).prepared, site.approvals.authorizations[0])
    assert len(values) == 2


async def test_the_batch_page_waits_once_the_approval_is_on_its_way(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await site.approve(browser, batch)
    assert "on its way" in page.text
    assert page.refresh == "5"
    assert not page.offers("/approve")
    assert not page.offers("/abandon")


async def test_an_approval_that_is_lost_on_its_way_can_be_given_again(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await site.approve(browser, batch)
    site.clock.advance(timedelta(minutes=3))
    assert (await browser.open(f"{site.url}/batches/{batch}")).offers("/approve")


async def test_a_batch_prepared_anew_asks_again_even_when_its_digests_came_out_the_same(
    site: Site, browser: Browser
) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await site.approve(browser, batch)
    site.clock.advance(timedelta(seconds=1))
    prepared = (await site.history(batch)).prepared
    lapsed = await site.ledger.append(await site.history(batch), Lapsed(at=site.clock(), why="a lost answer"))
    await site.ledger.append(lapsed, prepared.model_copy(update={"at": site.clock()}))
    assert (await browser.open(f"{site.url}/batches/{batch}")).offers("/approve")


async def test_cancelling_at_the_vendor_seals_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.submit(await site.ask(browser, batch), "/oauth/", {"action": "cancel"})
    assert page.url == f"{site.url}/batches/{batch}"
    assert "or you cancelled it there; nothing was sealed." in page.text
    assert page.offers("/approve")
    assert site.approvals.authorizations == []


async def test_another_error_of_the_vendor_is_told_by_its_word(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    question = await site.ask(browser, batch)
    state = question.url.rpartition("state=")[2].partition("&")[0]
    page = await browser.open(f"{site.url}/callback?error=server_error&error_description=%3Cb%3Eboo&state={state}")
    assert "server_error" in page.text
    assert "boo" not in page.source


async def test_a_large_batch_that_the_platform_asks_nobody_about_is_divided(site: Site, browser: Browser) -> None:
    small = await site.history(await site.prepared())
    gathered = small.gathered.model_copy(update={"documents": documents(101)})
    history = await site.ledger.open(batch_id(INVOICES, 2), gathered)
    digest = Digest.sha256(b"")
    items = tuple(PreparedDocument(document=one, session=f"s-{one}", digest=digest) for one in history.documents)
    await site.ledger.append(history, small.prepared.model_copy(update={"documents": items}))
    await site.sign_in(browser)
    page = await refused(site, browser, history.batch)
    assert "The batch is being divided" in page.text
    assert (await site.history(history.batch)).state is State.LAPSED
    assert (await site.tools.limits.known()).most(LimitKind.CONSENT) == 100
    assert (Story.PREPARE, history.batch) in site.doorbell.rings


async def test_a_batch_of_few_is_not_divided_whatever_the_platform_says(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    assert "“invalid_request”" in (await refused(site, browser, batch)).text
    assert (await site.history(batch)).state is State.PREPARED
    assert (await site.tools.limits.known()).limits == ()


async def refused(site: Site, browser: Browser, batch: BatchId) -> Page:
    """The page after a consent that the platform did not ask for."""
    state = (await site.ask(browser, batch)).url.rpartition("state=")[2].partition("&")[0]
    return await browser.open(f"{site.url}/callback?error=invalid_request&error_description=1&state={state}")


async def test_a_replayed_callback_does_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    await browser.open(callback)
    page = await browser.open(callback)
    assert page.status == 400
    assert len(site.approvals.authorizations) == 1


async def test_a_callback_in_another_browser_does_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    async with a_browser() as other:
        await site.sign_in(other)
        page = await other.open(callback)
    assert page.status == 400
    assert "Your session on the desk is over" in page.text
    assert site.approvals.authorizations == []


async def test_a_callback_with_an_unknown_state_does_nothing(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/callback?code=c&state=unknown")
    assert page.status == 400
    assert "used already" in page.text


async def test_looking_at_the_callback_with_head_spends_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    async with browser.http.head(callback) as reply:
        assert reply.status == 405
    await browser.open(callback)
    assert len(site.approvals.authorizations) == 1


async def test_the_approval_of_renewed_digests_is_asked_for_again(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    await _renewed(site, browser, batch)
    page = await browser.open(callback)
    assert "The digests were renewed" in page.text
    assert site.approvals.authorizations == []


async def test_a_batch_that_somebody_else_approved_meanwhile_is_not_approved_twice(
    site: Site, browser: Browser
) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=JANIS, attempt=1))
    page = await browser.open(callback)
    assert page.status == 409
    assert site.approvals.authorizations == []


async def test_who_is_no_approver_any_more_approves_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    site.approved_by(JANIS)
    assert (await browser.open(callback)).status == 403
    assert site.approvals.authorizations == []


async def test_stale_digests_are_renewed_before_anybody_is_asked(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    site.clock.advance(FRESH_FOR + timedelta(seconds=1))
    page = await site.ask(browser, batch)
    assert "Preparing the digests anew" in page.text
    assert page.refresh == "2"
    assert (await site.history(batch)).state is State.LAPSED
    assert (Story.PREPARE, batch) in site.doorbell.rings


async def test_with_fresh_digests_the_page_goes_on_by_itself(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    site.clock.advance(FRESH_FOR + timedelta(seconds=1))
    waiting = await site.ask(browser, batch)
    await prepare(batch, site.tools)
    question = await browser.open(waiting.url)
    page = await browser.submit(question, "/oauth/", {"action": "approve", "password": PASSWORD})
    assert page.url == f"{site.url}/batches/{batch}"
    assert site.approvals.authorizations[0].summary == (await site.history(batch)).prepared.summary


async def warned(site: Site, batch: BatchId) -> None:
    """Prepare the batch again, with a caution."""
    history = await site.history(batch)
    prepared = history.prepared.model_copy(update={"caution": "It may have been sealed before.", "at": site.clock()})
    if history.state is State.PREPARED:
        history = await site.ledger.append(history, Lapsed(at=site.clock(), why="a restore"))
    await site.ledger.append(history, prepared)


@pytest.mark.parametrize("when", ["before the press", "behind the press"])
async def test_nobody_is_asked_about_a_warning_that_they_have_not_seen(site: Site, browser: Browser, when: str) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    if when == "before the press":
        await warned(site, batch)
        page = await browser.submit(page, "/approve")
    else:
        site.clock.advance(FRESH_FOR + timedelta(seconds=1))
        assert (await browser.submit(page, "/approve")).refresh == "2"
        await warned(site, batch)
        page = await browser.open(f"{site.url}/batches/{batch}/authorize")
    assert page.url == f"{site.url}/batches/{batch}"
    assert "It is not what you looked at before you began: look at it again." in page.text
    assert "It may have been sealed before." in page.text
    page = await browser.submit(page, "/approve")
    assert page.tree.xpath("//input[@name='password']")


async def test_only_a_pressed_button_leads_to_the_vendor(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.get(f"{site.url}/batches/{batch}/authorize")
    assert page.onward == f"{site.url}/batches/{batch}"


async def test_one_press_leads_to_the_vendor_once(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await site.ask(browser, batch)
    page = await browser.get(f"{site.url}/batches/{batch}/authorize")
    assert page.onward == f"{site.url}/batches/{batch}"


async def test_a_press_is_forgotten_after_a_while(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    await browser.press(await browser.open(f"{site.url}/batches/{batch}"), "/approve")
    site.clock.advance(timedelta(minutes=10))
    page = await browser.get(f"{site.url}/batches/{batch}/authorize")
    assert page.onward == f"{site.url}/batches/{batch}"


async def test_a_batch_that_does_not_wait_cannot_be_approved(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=JANIS, attempt=1))
    refused = await browser.submit(page, "/approve")
    assert refused.status == 409
    assert "does not wait for an approval" in refused.text


async def test_who_signed_out_meanwhile_approves_nothing(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    callback = await _callback(site, browser, batch)
    site.clock.advance(timedelta(minutes=1))
    await browser.submit(await browser.open(f"{site.url}/"), "/sign-out")
    assert (await browser.open(callback)).status == 400
    assert site.approvals.authorizations == []


async def test_two_approvers_see_who_approved(vendor_state: Path, tmp_path: Path) -> None:
    async with a_site(vendor_state, tmp_path, approvers=frozenset({ANNA, JANIS})) as site, a_browser() as browser:
        batch = await site.prepared()
        await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=JANIS, attempt=1))
        await site.sign_in(browser)
        page = await browser.open(f"{site.url}/batches/{batch}")
        assert f"The person {JANIS} approved" in page.text


async def _callback(site: Site, browser: Browser, batch: BatchId) -> str:
    """Approve at the vendor, and stop before the browser is sent back."""
    page = await browser.open(f"{site.url}/batches/{batch}")
    question = await browser.submit(page, "/approve")
    answer = await browser.press(question, "/oauth/", {"action": "approve", "password": PASSWORD})
    assert answer.onward
    return answer.onward


async def _renewed(site: Site, browser: Browser, batch: BatchId) -> None:
    """Have the digests calculated anew, as pressing “Approve” on old ones does."""
    site.clock.advance(FRESH_FOR + timedelta(seconds=1))
    page = await browser.open(f"{site.url}/batches/{batch}")
    await browser.submit(page, "/approve")
    await prepare(batch, site.tools)
