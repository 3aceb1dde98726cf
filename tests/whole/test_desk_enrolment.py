"""Enrolling a seal on the desk."""

from pathlib import Path

import pytest

from jobs.model.errors import NotEnrolled
from jobs.model.names import batch_id
from jobs.model.seals import normalise_label
from jobs.model.vendor_limits import LearnedLimit, LimitKind
from jobs.ports import Story
from tests.support.builders import ANNA, INVOICES, JANIS, NOON
from tests.whole.browser import Browser, a_browser
from tests.whole.site import LABEL, Site, a_site
from worker.eparaksts.certificates import certificate_end


async def test_enrolling_keeps_the_seal_with_both_certificates(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    page = await site.enrol(browser)
    seal = await site.seals.find(LABEL)
    assert f"The seal {normalise_label(LABEL)} is enrolled." in page.text
    assert seal.holder == ANNA
    assert seal.identity in {identity.id for identity in site.vendor.people["anna"].seals}
    assert certificate_end(seal.certificate) > site.clock()


async def test_an_enrolled_seal_can_always_be_enrolled_again(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    page = await site.enrol(browser)
    assert page.offers("/seals/enrol")
    assert "Enrol again" in page.text


async def test_enrolling_wakes_the_batches_that_waited_for_the_seal(site: Site, browser: Browser) -> None:
    batch = await site.gathered()
    site.doorbell.rings.clear()
    await site.sign_in(browser)
    await site.enrol(browser)
    assert site.doorbell.rings == [(Story.PREPARE, batch)]


async def test_a_batch_that_is_prepared_already_is_left_alone(site: Site, browser: Browser) -> None:
    await site.prepared()
    (site.folder / "seals").rename(site.folder / "lost")
    site.doorbell.rings.clear()
    await site.sign_in(browser)
    await site.enrol(browser)
    assert site.doorbell.rings == []


async def test_a_seal_that_the_person_does_not_have_is_a_readable_page(vendor_state: Path, tmp_path: Path) -> None:
    async with a_site(vendor_state, tmp_path, seal="CN:SIA CITS: eZīmogs") as site, a_browser() as browser:
        await site.sign_in(browser)
        page = await site.enrol(browser)
        assert page.status == 409
        assert "This person has no seal named" in page.text
        with pytest.raises(NotEnrolled):
            await site.seals.find("CN:SIA CITS: eZīmogs")


async def test_a_seal_of_no_route_cannot_be_enrolled(site: Site, browser: Browser) -> None:
    overview = await site.sign_in(browser)
    page = await browser.submit(overview, "/seals/enrol", {"label": "CN:SIA CITS: eZīmogs"})
    assert page.status == 403


async def test_only_the_person_who_began_can_finish_an_enrolment(vendor_state: Path, tmp_path: Path) -> None:
    async with a_site(vendor_state, tmp_path, approvers=frozenset({ANNA, JANIS})) as site, a_browser() as browser:
        overview = await site.sign_in(browser)
        leaving = await browser.press(overview, "/seals/enrol")
        browser.http.cookie_jar.clear(lambda cookie: cookie.key == "sandbox_sso")
        question = await browser.open(str(leaving.onward))
        page = await site.log_in(browser, question, "janis")
        assert page.status == 403
        assert "JĀNIS BĒRZIŅŠ came back" in page.text
        with pytest.raises(NotEnrolled):
            await site.seals.find(LABEL)


async def test_what_waits_for_its_seal_says_so(site: Site, browser: Browser) -> None:
    await site.gathered()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch_id(INVOICES, 1)}")
    assert "Waits for its seal" in page.text
    assert page.refresh is None


async def test_the_page_of_seals_tells_what_the_vendor_turned_out_to_take(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    assert "takes at once" not in (await browser.open(f"{site.url}/seals")).text
    await site.tools.limits.learn(LearnedLimit(kind=LimitKind.CONSENT, most=250, learned_at=NOON))
    page = await browser.open(f"{site.url}/seals")
    assert "250 documents at most with one approval" in page.text
