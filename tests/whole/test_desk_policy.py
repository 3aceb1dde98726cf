"""The desk with several people: who sees what, who may do what, and what happens when somebody freezes a route."""

from collections.abc import AsyncIterator
from datetime import time, timedelta

import pytest

from jobs.model.asking import Asking
from jobs.model.calendar import Calendar, Weekday
from jobs.model.freeze import Freeze
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed, Released, Signing
from jobs.prepare import prepare
from tests.support.builders import ANNA, INVOICES, JANIS
from tests.whole.browser import Browser, a_browser
from tests.whole.site import PASSWORD, Site

ACTIONS = ("approve", "release", "ask-again", "abandon")


@pytest.fixture
async def other() -> AsyncIterator[Browser]:
    """Another person's browser."""
    async with a_browser() as opened:
        yield opened


def roles(site: Site, **changed: object) -> None:
    """Other roles in the route, as a new configuration would give them."""
    site.routes[INVOICES] = site.route.model_copy(update=changed)


async def test_a_viewer_sees_everything_and_has_no_button(site: Site, browser: Browser) -> None:
    roles(site, approvers=frozenset({JANIS}), viewers=frozenset({ANNA}))
    batch = await site.prepared()
    site.drop("three.pdf")
    overview = await site.sign_in(browser)
    assert batch in overview.text
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "one.pdf" in page.text
    assert "You are not on the list of approvers of route invoices." in page.text
    for shown in (overview, page):
        assert [button.text_content() for button in shown.tree.xpath("//main//button")] == []


@pytest.mark.parametrize("action", ACTIONS)
async def test_what_a_viewer_sends_all_the_same_is_refused_and_changes_nothing(
    site: Site, browser: Browser, action: str
) -> None:
    roles(site, approvers=frozenset({JANIS}), viewers=frozenset({ANNA}), four_eyes=True)
    batch = await site.prepared()
    page = await site.sign_in(browser)
    csrf = page.form("/sign-out").fields["csrf"]
    refused = await browser.post(f"{site.url}/batches/{batch}/{action}", csrf=csrf)
    assert (refused.status, "This is not for you to do" in refused.text) == (403, True)
    for address in ("gather", "freeze", "unfreeze"):
        refused = await browser.post(f"{site.url}/routes/invoices/{address}", csrf=csrf, reason="because")
        assert refused.status == 403
    assert (await browser.post(f"{site.url}/seals/enrol", csrf=csrf, label=site.route.seal)).status == 403
    assert (await site.history(batch)).state is State.PREPARED
    assert await site.tools.freezes.all() == ()
    assert site.gathering.gathered == []


async def test_a_stranger_does_not_learn_what_there_is(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    site.approved_by(JANIS)
    refused = await browser.open(f"{site.url}/batches/{batch}")
    assert (refused.status, "This belongs to another route" in refused.text) == (403, True)


async def test_one_person_releases_and_another_one_approves(site: Site, browser: Browser, other: Browser) -> None:
    roles(site, four_eyes=True, releasers=frozenset({JANIS}))
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "Waits for its release" in page.text
    assert not page.offers("/approve")
    assert not page.offers("/release")
    await site.sign_in(other, "janis")
    page = await other.open(f"{site.url}/batches/{batch}")
    assert not page.offers("/approve")
    page = await other.submit(page, "/release")
    assert "You released it" in page.text
    assert (await site.history(batch)).last(Released).releaser == JANIS
    await prepare(batch, site.tools)
    assert not (await other.open(f"{site.url}/batches/{batch}")).offers("/approve")
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "Waits for approval" in page.text
    assert "JĀNIS BĒRZIŅŠ released it" in page.text
    await site.approve(browser, batch)
    (authorization,) = site.approvals.authorizations
    assert authorization.approver == ANNA


async def test_who_released_is_told_that_somebody_else_approves(site: Site, browser: Browser) -> None:
    roles(site, four_eyes=True, approvers=frozenset({ANNA, JANIS}))
    batch = await site.prepared()
    await site.sign_in(browser)
    await browser.submit(await browser.open(f"{site.url}/batches/{batch}"), "/release")
    await prepare(batch, site.tools)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "You released this batch yourself" in page.text
    refused = await browser.post(f"{site.url}/batches/{batch}/approve", csrf=page.form("/sign-out").fields["csrf"])
    assert (refused.status, "You released this batch yourself" in refused.text) == (409, True)


async def test_a_deputy_sees_and_approves_only_after_the_escalation(site: Site, browser: Browser) -> None:
    always = Calendar(days=frozenset(Weekday))
    asking = Asking(escalate_after=timedelta(minutes=20), calendar=always)
    roles(site, approvers=frozenset({JANIS}), deputies=frozenset({ANNA}), asking=asking)
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert "As a deputy you may approve this from" in page.text
    assert not page.offers("/approve")
    site.clock.advance(timedelta(minutes=20))
    assert (await browser.open(f"{site.url}/batches/{batch}")).offers("/approve")


async def test_a_frozen_route_says_who_and_why_and_asks_nobody(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    overview = await site.sign_in(browser)
    overview = await browser.submit(overview, "/freeze", {"reason": "wrong <b>template</b>"})
    assert "Sealing is frozen in this route" in overview.text
    (freeze,) = await site.tools.freezes.all()
    assert (freeze.route, freeze.person, freeze.reason) == (INVOICES, ANNA, "wrong <b>template</b>")
    page = await browser.open(f"{site.url}/batches/{batch}")
    for shown in (overview, page):
        assert f"{freeze.by} froze sealing in route invoices: wrong <b>template</b>" in shown.text
    assert not page.offers("/approve")
    refused = await browser.post(f"{site.url}/batches/{batch}/approve", csrf=page.form("/sign-out").fields["csrf"])
    assert (refused.status, "froze sealing" in refused.text) == (409, True)
    overview = await browser.submit(overview, "/unfreeze")
    assert "Sealing goes on in this route." in overview.text
    (lifted,) = await site.tools.freezes.past()
    assert (lifted.freeze, lifted.person) == (freeze, ANNA)
    assert (await browser.open(f"{site.url}/batches/{batch}")).offers("/approve")


async def test_a_consent_that_comes_back_after_the_freeze_is_not_used(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    question = await site.ask(browser, batch)
    await site.tools.freezes.begin(Freeze(at=site.clock(), by="root", reason="an audit"))
    page = await browser.submit(question, "/oauth/", {"action": "approve", "password": PASSWORD})
    assert "your approval was not used" in page.text
    assert "root froze all sealing: an audit" in page.text
    assert site.approvals.authorizations == []
    await site.tools.freezes.lift(None, at=site.clock(), by="root")
    await site.approve(browser, batch)
    assert len(site.approvals.authorizations) == 1


async def test_a_freeze_needs_a_reason_and_one_of_everything_is_not_lifted_at_the_desk(
    site: Site, browser: Browser
) -> None:
    overview = await site.sign_in(browser)
    assert "Say why" in (await browser.submit(overview, "/freeze", {"reason": " "})).text
    assert await site.tools.freezes.all() == ()
    await browser.submit(overview, "/freeze", {"reason": "here"})
    await site.tools.freezes.begin(everything := Freeze(at=site.clock(), by="root", reason="everywhere"))
    csrf = overview.form("/sign-out").fields["csrf"]
    await browser.post(f"{site.url}/routes/invoices/unfreeze", csrf=csrf)
    assert await site.tools.freezes.all() == (everything,)
    overview = await browser.open(f"{site.url}/")
    assert not overview.offers("freeze")


async def test_what_is_signed_is_not_said_to_be_held_up_by_a_freeze(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.tools.freezes.begin(Freeze(at=site.clock(), by="root", reason="an audit"))
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=ANNA, attempt=1))
    await site.sign_in(browser)
    assert "Held up" not in (await browser.open(f"{site.url}/batches/{batch}")).text


async def test_the_desk_says_until_when_documents_are_collected(site: Site, browser: Browser) -> None:
    roles(site, asking=Asking(at=(time(10), time(15, 30))))
    site.drop("one.pdf")
    overview = await site.sign_in(browser)
    assert "Collected until" in overview.text
    await browser.submit(overview, "/gather")
    assert site.gathering.gathered == [INVOICES]


async def test_who_is_asked_again_after_a_freeze_is_told_why(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    why = "sealing was frozen when the consent came"
    await site.ledger.append(await site.history(batch), Lapsed(at=site.clock(), why=why))
    await prepare(batch, site.tools)
    await site.sign_in(browser)
    assert why in (await browser.open(f"{site.url}/batches/{batch}")).text
