"""A seal is renewed at the vendor and enrolled again on the desk, over real HTTP."""

from datetime import timedelta
from pathlib import Path

from jobs.approve import SEAL_RENEWED
from jobs.model.lifecycle import State
from jobs.model.seals import RENEW_WITHIN
from jobs.model.standstill import WORDS, Cause, Foundation, Standstill
from jobs.ports import Story
from jobs.prepare import prepare
from tests.support.builders import NOON
from tests.whole.browser import Browser, a_browser
from tests.whole.site import LABEL, Site, a_site


async def happen(site: Site, browser: Browser, happening: str) -> None:
    """Order it at the practice vendor, as its README says."""
    vendor = site.desk.consent.identification_url("state", None).partition("/trustedx")[0]
    identity = (await site.seals.find(LABEL)).identity
    async with browser.http.post(f"{vendor}/sandbox/seals/{identity}", json={"happens": happening}) as reply:
        assert reply.status == 200


async def test_a_renewed_seal_takes_over_and_the_person_is_told_why_they_are_asked_anew(
    site: Site, browser: Browser
) -> None:
    batch = await site.prepared()
    old = await site.seals.find(LABEL)
    await site.sign_in(browser)
    await happen(site, browser, "renew")
    page = await site.enrol(browser)
    assert "is enrolled" in page.text
    new = await site.seals.find(LABEL)
    assert (new.identity != old.identity, new.certificate != old.certificate) == (True, True)
    assert (Story.PREPARE, batch) in site.doorbell.rings
    assert (await site.history(batch)).state is State.LAPSED

    anew = await prepare(batch, site.tools)
    assert anew.prepared.seal.certificate == new.certificate
    shown = await browser.open(f"{site.url}/batches/{batch}")
    assert f"It was prepared anew: {SEAL_RENEWED}." in shown.text
    await site.approve(browser, batch)
    (authorization,) = site.approvals.authorizations
    assert authorization.summary == anew.prepared.summary


async def test_a_revoked_seal_is_refused_with_the_vendors_word_and_the_one_before_is_kept(
    site: Site, browser: Browser
) -> None:
    await site.enrolled()
    before = await site.seals.find(LABEL)
    await site.sign_in(browser)
    await happen(site, browser, "revoke")
    page = await site.enrol(browser)
    assert page.status == 409
    assert "This seal cannot be used" in page.text
    assert "The certificate was revoked at" in page.text
    assert await site.seals.find(LABEL) == before


async def test_a_seal_asks_to_be_renewed_a_month_before_its_end_and_says_when_it_has_ended(
    site: Site, browser: Browser
) -> None:
    await site.sign_in(browser)
    await site.enrol(browser)
    end = (await site.seals.find(LABEL)).expires_at
    assert end is not None
    for at, words in (
        (end - RENEW_WITHIN - timedelta(days=1), "certificate valid until"),
        (end - RENEW_WITHIN, "Ask eParaksts for the new one now"),
        (end, "nothing can be sealed with it"),
    ):
        site.clock.advance(at - site.clock())
        page = await site.sign_in(browser)
        assert words in page.text
        assert page.offers("/seals/enrol")


async def test_an_ended_seal_cannot_be_enrolled(vendor_state: Path, tmp_path: Path) -> None:
    ended = "CN:SIA PARAUGS (BEIDZIES): eZīmogs"
    karlis = {"PNOLV-000123-00007"}
    async with a_site(vendor_state, tmp_path, approvers=frozenset(karlis), seal=ended) as site, a_browser() as browser:  # type: ignore[arg-type]
        await site.sign_in(browser, "karlis")
        page = await site.enrol(browser)
    assert page.status == 409
    assert "Ask eParaksts for a new one" in page.text


async def test_what_everything_stands_on_is_told_on_the_first_page(site: Site, browser: Browser) -> None:
    meaning, advice = WORDS[Cause.NO_WORKER]
    await site.standstills.record(Standstill(subject=Foundation.WORKER, cause=Cause.NO_WORKER, since=NOON))
    batch = await site.gathered()
    await site.enrolled()
    page = await site.sign_in(browser)
    assert f"{meaning} {advice.replace('`', '')}" in page.text
    assert "Held up" in page.text
    assert meaning in (await browser.open(f"{site.url}/batches/{batch}")).text
