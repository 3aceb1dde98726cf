"""The desk in the language of whoever reads it."""

from dataclasses import replace

import pytest

from config.sections import House
from jobs.model.records import Lapsed, Signing
from jobs.model.text import Language
from tests.operations.translations import entries
from tests.support.builders import ANNA, JANIS
from tests.whole.browser import Browser, Page, a_browser
from tests.whole.site import Site
from worker.app.serving import listen, served
from worker.desk.application import desk_application
from worker.desk.language import COOKIE

_TELLING = 12
"""Letters of a message from which on it cannot stand in another sentence by chance."""


@pytest.fixture
def latvian(browser: Browser) -> Browser:
    browser.http.headers["Accept-Language"] = "lv-LV,lv;q=0.9,en;q=0.5"
    return browser


def english_in(page: Page) -> set[str]:
    """Pieces of messages that stand on the page in English."""
    pieces = {
        piece.strip()
        for entry in entries()
        for message in ((entry.message,) if isinstance(entry.message, str) else entry.message)
        for piece in _between_places(message)
        if message not in entry.told
    }
    return {piece for piece in pieces if len(piece) >= _TELLING and " " in piece and piece in page.text}


def _between_places(message: str) -> list[str]:
    return message.replace("%(", "{").replace(")s", "}").replace("}", "{").split("{")[::2]


def language_of(page: Page) -> str:
    assert page.headers["Content-Language"] == page.tree.get("lang")
    return str(page.tree.get("lang"))


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("lv", "lv"),
        ("lv-LV", "lv"),
        ("en-GB,en;q=0.9,lv;q=0.8", "en"),
        ("lv;q=0.3, en;q=0.7", "en"),
        ("de, lv;q=0.5", "lv"),
        ("de", "en"),
        ("lv;q=0", "en"),
        (";;;,=,lv;q=x", "en"),
    ],
)
async def test_a_page_comes_in_the_language_that_the_browser_prefers(
    site: Site, browser: Browser, asked: str, language: str
) -> None:
    browser.http.headers["Accept-Language"] = asked
    page = await browser.open(f"{site.url}/")
    assert language_of(page) == language
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))


async def test_the_switch_changes_the_language_and_keeps_the_page(site: Site, browser: Browser) -> None:
    batch = await site.prepared()
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    page = await browser.submit(page, "/language", {"language": "lv"})
    assert (page.url, language_of(page)) == (f"{site.url}/batches/{batch}", "lv")
    button = page.form("/language").xpath(".//button")[0]
    assert (button.get("value"), button.get("lang"), button.text) == ("en", "en", "English")
    assert language_of(await browser.submit(page, "/language", {"language": "en"})) == "en"


async def test_what_a_person_chose_counts_more_than_what_the_browser_prefers(site: Site, latvian: Browser) -> None:
    page = await latvian.open(f"{site.url}/")
    await latvian.press(page, "/language", {"language": "en"})
    assert language_of(await latvian.open(f"{site.url}/")) == "en"


async def test_where_nobody_chose_the_house_speaks_its_own_language(site: Site, browser: Browser) -> None:
    listener = listen("127.0.0.1", 0)
    desk = replace(site.desk, house=House(language=Language.LATVIAN, time_zone="Asia/Tokyo"))
    async with served(desk_application(desk), listener):
        page = await browser.open(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert language_of(page) == "lv"


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "elsewhere", "/\r\nX: y", ""]
)
async def test_the_switch_leads_nowhere_else(site: Site, browser: Browser, back: str) -> None:
    page = await browser.open(f"{site.url}/")
    answer = await browser.press(page, "/language", {"language": "lv", "back": back})
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_language_that_nobody_speaks_changes_nothing(site: Site, browser: Browser) -> None:
    page = await browser.open(f"{site.url}/")
    answer = await browser.press(page, "/language", {"language": "xx"})
    assert COOKIE not in answer.headers.get("Set-Cookie", "")


async def test_the_switch_needs_a_form_of_ours(site: Site, browser: Browser) -> None:
    answer = await browser.post(f"{site.url}/language", language="lv", back="/", csrf="guessed")
    assert answer.status == 403


async def test_the_address_of_a_callback_is_not_led_back_to(site: Site, browser: Browser) -> None:
    page = await browser.open(f"{site.url}/callback?code=c&state=unknown")
    assert dict(page.form("/language").form_values())["back"] == "/"


async def test_no_page_in_latvian_has_a_sentence_left_in_english(site: Site, latvian: Browser) -> None:
    pages = [await latvian.open(f"{site.url}/"), await latvian.get(f"{site.url}/no/such")]
    batch = await site.prepared()
    pages.append(await site.sign_in(latvian))
    pages.append(await latvian.open(f"{site.url}/batches/{batch}"))
    await site.ledger.append(await site.history(batch), Signing(at=site.clock(), approver=JANIS, attempt=1))
    stopped = Lapsed(at=site.clock(), why="the worker stopped while signing", is_stopped=True)
    await site.ledger.append(await site.history(batch), stopped)
    pages.append(await latvian.open(f"{site.url}/batches/{batch}"))
    pages.append(await latvian.open(f"{site.url}/callback?code=c&state=unknown"))
    assert "apstrādes process apstājās parakstīšanas laikā" in pages[-2].text
    pages.append(await latvian.press(pages[-1], "/sign-out"))
    for page in pages:
        assert language_of(page) == "lv"
        assert english_in(page) == set()


async def test_a_sentence_left_by_one_page_is_told_in_the_language_of_the_next(site: Site, latvian: Browser) -> None:
    site.drop("one.pdf")
    page = await site.sign_in(latvian)
    page = await latvian.submit(page, "/gather")
    assert "No gaidošajiem dokumentiem tiek veidota partija." in page.text


async def test_whoever_signed_in_is_told_by_name_to_the_others(site: Site, browser: Browser) -> None:
    site.approved_by(ANNA, JANIS)
    batch = await site.prepared()
    await site.sign_in(browser)
    await browser.submit(await browser.open(f"{site.url}/batches/{batch}"), "/abandon")
    async with a_browser() as other:
        await site.sign_in(other, "janis")
        page = await other.open(f"{site.url}/batches/{batch}")
    assert "ANNA PARAUGA cancelled the batch." in page.text
