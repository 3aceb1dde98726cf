"""Approving all that waits in one sitting: how few actions it takes, and that nothing unseen is approved."""

from datetime import timedelta

import pytest

from jobs.gather import gather
from jobs.model.documents import Document
from jobs.model.lifecycle import State
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId
from jobs.model.records import Lapsed, Signing
from jobs.model.remarks import EXPLANATION, Remark
from jobs.ports import Story
from jobs.prepare import prepare
from tests.support.builders import ANNA, JANIS
from tests.whole.browser import Browser, Page, a_browser
from tests.whole.site import FRESH_FOR, PASSWORD, Site


async def waiting(site: Site, count: int) -> list[BatchId]:
    return [await site.prepared([f"{number}.pdf"]) for number in range(count)]


async def begin(site: Site, browser: Browser) -> Page:
    """Press the button on the desk, and the one below the list: the platform asks about the first batch."""
    return await browser.submit(await browser.open(f"{site.url}/approve-all"), "/approve-all")


async def consent(browser: Browser, question: Page) -> Page:
    return await browser.submit(question, "/oauth/", {"action": "approve", "password": PASSWORD})


async def cancel(browser: Browser, question: Page) -> Page:
    return await browser.submit(question, "/oauth/", {"action": "cancel"})


def approved(site: Site) -> list[BatchId]:
    return [authorization.batch for authorization in site.approvals.authorizations]


def is_question(page: Page) -> bool:
    return bool(page.tree.xpath("//input[@name='password']"))


async def test_five_batches_take_five_passwords_and_six_other_actions_signing_in_included(
    site: Site, browser: Browser
) -> None:
    batches = await waiting(site, 5)
    # Signing in: the button, the way, the person, and the app on the phone.
    page, actions, passwords = await site.sign_in(browser), 4, 0
    assert page.tree.xpath("string(//title)").startswith("(5) ")
    assert page.tree.xpath("string(//*[@id='approve-all']/@href)") == "/approve-all"
    page, actions = await browser.open(f"{site.url}/approve-all"), actions + 1
    page, actions = await browser.submit(page, "/approve-all"), actions + 1
    while is_question(page):
        page, passwords = await consent(browser, page), passwords + 1
    assert (passwords, actions) == (5, 6)
    assert approved(site) == batches
    assert page.url == f"{site.url}/sitting"
    assert "You approved 5 of 5" in page.text
    assert page.refresh is not None
    for batch in batches:
        history = await site.history(batch)
        (authorization,) = (each for each in site.approvals.authorizations if each.batch == batch)
        assert (authorization.approver, authorization.summary) == (ANNA, history.prepared.summary)
        assert authorization.code_verifier is not None
    assert len({each.code.get_secret_value() for each in site.approvals.authorizations}) == 5
    overview = await browser.open(f"{site.url}/")
    assert not overview.tree.xpath("//*[@id='approve-all']")
    assert "Nothing waits for you." in overview.text


async def test_the_last_page_shows_how_each_batch_goes_on(site: Site, browser: Browser) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    page = await consent(browser, await consent(browser, await begin(site, browser)))
    assert page.text.count("Approved") >= 2
    await site.ledger.append(await site.history(first), Signing(at=site.clock(), approver=ANNA, attempt=1))
    page = await browser.open(f"{site.url}/sitting")
    assert "Signing" in page.text
    assert {first, second} <= set(page.tree.xpath("//section[contains(@class,'approved')]//*[@class='name']/text()"))


async def test_what_is_approved_is_seen_before_the_sitting_begins(site: Site, browser: Browser) -> None:
    await site.enrolled()
    (document,) = site.drop("one.pdf")
    told = Metadata.model_validate({"total": "1210.50", "currency": "EUR"})
    seen = Document.model_validate({**document.model_dump(), "remarks": (Remark.SIGNED_BEFORE,), "metadata": told})
    site.shelf.admit(seen)
    (batch,) = await gather(site.route, site.tools, at_once=True)
    await prepare(batch, site.tools)
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/approve-all")
    assert f"1 document: {EXPLANATION[Remark.SIGNED_BEFORE]}" in page.text
    assert "1,210.50 EUR in one document" in page.text
    assert page.tree.xpath(f"//a[@href='/batches/{batch}']")


async def warned(site: Site, batch: BatchId, caution: str) -> None:
    """Prepare the batch again, with a caution."""
    history = await site.history(batch)
    prepared = history.prepared.model_copy(update={"caution": caution, "at": site.clock()})
    lapsed = await site.ledger.append(history, Lapsed(at=site.clock(), why="a restore"))
    await site.ledger.append(lapsed, prepared)


async def test_what_has_a_caution_is_not_chosen_unless_the_person_chooses_it(site: Site, browser: Browser) -> None:
    plain, warning = await waiting(site, 2)
    await warned(site, warning, "It may have been sealed before.")
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/approve-all")
    assert "Read this first. It may have been sealed before." in page.text
    assert not is_question(await consent(browser, await browser.submit(page, "/approve-all")))
    assert approved(site) == [plain]
    (value,) = (await browser.open(f"{site.url}/approve-all")).tree.xpath("//input[@name='batch']/@value")
    page = await browser.submit(await browser.open(f"{site.url}/approve-all"), "/approve-all", {"batch": value})
    await consent(browser, page)
    assert approved(site) == [plain, warning]


async def test_what_is_no_more_what_the_person_looked_at_is_passed_over(site: Site, browser: Browser) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    looked = await browser.open(f"{site.url}/approve-all")
    await warned(site, first, "It may have been sealed before.")
    page = await consent(browser, await browser.submit(looked, "/approve-all"))
    assert approved(site) == [second]
    assert f"{first} Waits for approval It is not what you looked at before you began" in page.text


async def test_old_digests_are_renewed_meanwhile_and_hold_nobody_up(site: Site, browser: Browser) -> None:
    old = await waiting(site, 1)
    await site.sign_in(browser)
    site.clock.advance(FRESH_FOR + timedelta(seconds=1))
    fresh = await site.prepared(["fresh.pdf"])
    question = await begin(site, browser)
    assert (Story.PREPARE, old[0]) in site.doorbell.rings
    page = await consent(browser, question)
    assert approved(site) == [fresh]
    assert "You approved 1 of 2" in page.text
    assert page.refresh == "2"
    assert page.url == f"{site.url}/sitting/next"
    await prepare(old[0], site.tools)
    page = await consent(browser, await browser.open(page.url))
    assert approved(site) == [fresh, *old]
    assert "You approved 2 of 2" in page.text


async def test_what_moved_on_meanwhile_is_passed_over_with_the_reason(site: Site, browser: Browser) -> None:
    first, second, third, fourth = await waiting(site, 4)
    await site.sign_in(browser)
    question = await begin(site, browser)
    await site.ledger.append(await site.history(first), Signing(at=site.clock(), approver=JANIS, attempt=1))
    await site.ledger.append(await site.history(second), Signing(at=site.clock(), approver=JANIS, attempt=1))
    stopped = Lapsed(at=site.clock(), why="nothing was sealed", is_stopped=True)
    await site.ledger.append(await site.history(third), stopped)
    page = await consent(browser, await consent(browser, question))
    assert approved(site) == [fourth]
    assert page.text.count("somebody else, or the worker, was faster") == 2
    assert "It stopped meanwhile" in page.text


async def test_digests_that_were_renewed_while_the_person_was_asked_are_not_approved(
    site: Site, browser: Browser
) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    question = await begin(site, browser)
    await site.ledger.append(await site.history(first), Lapsed(at=site.clock(), why="too old"))
    site.clock.advance(timedelta(seconds=1))
    await prepare(first, site.tools)
    page = await consent(browser, await consent(browser, question))
    assert approved(site) == [second]
    assert "Its digests were renewed while you were asked" in page.text


@pytest.mark.parametrize(
    ("way", "left"), [("/sitting/go-on", []), ("/sitting/leave-out", ["You left it out."])], ids=["again", "leave out"]
)
async def test_a_consent_that_is_cancelled_pauses_the_sitting_and_the_person_decides(
    site: Site, browser: Browser, way: str, left: list[str]
) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    page = await cancel(browser, await begin(site, browser))
    assert f"eParaksts ended it, or you cancelled it there, when you were asked about {first}." in page.text
    assert approved(site) == []
    page = await browser.submit(page, way)
    while is_question(page):
        page = await consent(browser, page)
    assert approved(site) == ([second] if left else [first, second])
    assert all(words in page.text for words in left)


async def test_a_person_can_stop_and_what_was_approved_goes_on(site: Site, browser: Browser) -> None:
    first, second, third = await waiting(site, 3)
    await site.sign_in(browser)
    page = await cancel(browser, await consent(browser, await begin(site, browser)))
    page = await browser.submit(page, "/sitting/stop")
    assert approved(site) == [first]
    assert "You approved 1 of 3" in page.text
    assert page.text.count("You stopped before you were asked about it.") == 2
    assert [(await site.history(batch)).state for batch in (second, third)] == [State.PREPARED] * 2


async def test_another_error_of_the_platform_is_told_by_its_word_alone(site: Site, browser: Browser) -> None:
    await waiting(site, 1)
    await site.sign_in(browser)
    state = (await begin(site, browser)).url.rpartition("state=")[2].partition("&")[0]
    page = await browser.open(f"{site.url}/callback?error=server_error&error_description=%3Cb%3Eboo&state={state}")
    assert "eParaksts answered “server_error”" in page.text
    assert "boo" not in page.source
    assert approved(site) == []


async def test_who_closes_the_browser_finds_the_sitting_again_and_is_asked_only_when_they_press(
    site: Site, browser: Browser
) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    await consent(browser, await begin(site, browser))
    assert (await browser.get(f"{site.url}/sitting/next")).onward == f"{site.url}/sitting"
    page = await browser.open(f"{site.url}/")
    assert "You approved 1 of 2 and did not finish." in page.text
    page = await browser.submit(page, "/sitting/go-on")
    await consent(browser, page)
    assert approved(site) == [first, second]


async def test_the_answer_of_a_sitting_counts_once_and_only_in_its_own_browser(site: Site, browser: Browser) -> None:
    first, _ = await waiting(site, 2)
    await site.sign_in(browser)
    question = await begin(site, browser)
    answer = await browser.press(question, "/oauth/", {"action": "approve", "password": PASSWORD})
    assert answer.onward
    async with a_browser() as other:
        await site.sign_in(other)
        assert (await other.open(f"{site.url}/sitting")).url == f"{site.url}/"
    await browser.get(answer.onward)
    assert (await browser.get(answer.onward)).status == 400
    assert approved(site) == [first]


async def test_who_may_approve_a_route_no_more_approves_nothing_of_it_in_a_sitting(
    site: Site, browser: Browser
) -> None:
    await waiting(site, 2)
    await site.sign_in(browser)
    question = await begin(site, browser)
    site.approved_by(JANIS)
    page = await consent(browser, question)
    assert approved(site) == []
    assert page.text.count("You may not approve it now.") == 2


@pytest.mark.parametrize("is_sealing", [False, True])
async def test_a_consent_is_told_as_one_whatever_another_tab_was_answered(
    site: Site, browser: Browser, *, is_sealing: bool
) -> None:
    first, second = await waiting(site, 2)
    await site.sign_in(browser)
    question = await begin(site, browser)
    # Another tab begins anew and is asked about the same batch.
    other = await begin(site, browser)
    third = await consent(browser, question)
    assert is_question(third)
    if is_sealing:
        await site.ledger.append(await site.history(first), Signing(at=site.clock(), approver=ANNA, attempt=1))
        await consent(browser, other)
    else:
        await cancel(browser, other)
        await browser.submit(await browser.open(f"{site.url}/sitting"), "/sitting/stop")
    page = await consent(browser, third)
    assert approved(site) == [first, second]
    assert "You approved 2 of 2" in page.text
    assert "cancelled" not in page.text
    assert "faster" not in page.text


async def test_a_long_sitting_keeps_the_cookie_as_small_as_a_short_one(site: Site, browser: Browser) -> None:
    batches = await waiting(site, 12)
    await site.sign_in(browser)
    page = await begin(site, browser)
    while is_question(page):
        page = await consent(browser, page)
    assert approved(site) == batches
    assert max(len(cookie.value) for cookie in browser.http.cookie_jar) < 4000
    # Each is known as approved, the ones before the newest ten as well.
    assert "Nothing waits for you." in (await browser.open(f"{site.url}/")).text
    assert not (await browser.open(f"{site.url}/batches/{batches[0]}")).offers("/approve")


@pytest.mark.parametrize("address", ["/approve-all", "/sitting/go-on", "/sitting/leave-out", "/sitting/stop"])
async def test_a_sitting_is_moved_by_forms_of_its_own_session_alone(site: Site, browser: Browser, address: str) -> None:
    await waiting(site, 1)
    await site.sign_in(browser)
    await begin(site, browser)
    assert (await browser.post(f"{site.url}{address}", csrf="guessed")).status == 403
    assert approved(site) == []


async def test_nothing_chosen_begins_nothing(site: Site, browser: Browser) -> None:
    page = await site.sign_in(browser)
    assert "Nothing waits for your approval now." in (await browser.open(f"{site.url}/approve-all")).text
    secret = str(page.form("/sign-out").fields["csrf"])
    page = await browser.post(f"{site.url}/approve-all", csrf=secret, batch="../../etc x")
    assert page.onward == f"{site.url}/approve-all"
    assert (await browser.open(f"{site.url}/sitting")).url == f"{site.url}/"


async def test_a_sitting_is_told_in_latvian_from_the_desk_to_its_end(site: Site, browser: Browser) -> None:
    await waiting(site, 2)
    browser.http.headers["Accept-Language"] = "lv"
    page = await site.sign_in(browser)
    assert "Gaida lēmumu 2 Apstiprināt visu, kas gaida" in page.text
    page = await browser.open(f"{site.url}/approve-all")
    assert "Vispirms tās jāapskata, tad jāsāk." in page.text
    page = await cancel(browser, await consent(browser, await browser.submit(page, "/approve-all")))
    assert "vai tas tur tika atcelts, kad jautāja par invoices-000002." in page.text
    page = await browser.submit(page, "/sitting/stop")
    assert "Apstiprināts: 1 no 2" in page.text
    assert "Apstiprināšana pārtraukta, pirms par to jautāja." in page.text
