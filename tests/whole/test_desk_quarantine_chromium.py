"""The pages of quarantine, documents and seals in a real browser: by keyboard, and without scripts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from jobs.model.reasons import Reason
from tests.sandbox.practice import an_invoice
from tests.support.builders import JANIS
from tests.support.counter import Counter, a_counter
from tests.whole.chromium import chromium

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path_factory.mktemp("counter")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser, counter: Counter) -> AsyncIterator[Page]:
    """A page of somebody who is signed in; whatever its policy made the browser refuse fails the test."""
    refused: list[str] = []
    async with await chromium.new_context(viewport={"width": 320, "height": 700}, java_script_enabled=False) as context:
        opened = await context.new_page()
        opened.on("console", lambda message: refused.append(message.text))
        await opened.goto(f"{counter.url}/enter/{JANIS}")
        yield opened
    assert [text for text in refused if "Content Security Policy" in text] == []


async def test_a_document_is_put_aside_and_taken_back_by_keyboard_alone_and_without_scripts(
    counter: Counter, page: Page
) -> None:
    document = await counter.refused(60, Reason.DAMAGED, an_invoice(1), name="by keyboard.pdf")
    await page.goto(f"{counter.url}/quarantine")
    await page.get_by_role("checkbox", name="Choose by keyboard.pdf").focus()
    await page.keyboard.press("Space")
    await page.get_by_text("Put them aside for good …").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("The customer sent another one.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("1 document was put aside for good.")
    assert not await counter.is_in_quarantine(document.id)
    await page.get_by_role("link", name="Documents put aside for good").click()
    await page.get_by_role("link", name="by keyboard.pdf", exact=True).click()
    await page.get_by_role("button", name="Take it back").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("It is in quarantine again")
    assert await counter.is_in_quarantine(document.id)


async def test_enter_in_the_reason_sends_nothing_again(counter: Counter, page: Page) -> None:
    """The first button of a form answers that key; here it would do the opposite of what is being written."""
    document = await counter.refused(61, Reason.DAMAGED, an_invoice(1), name="enter.pdf")
    await page.goto(f"{counter.url}/quarantine")
    await page.get_by_role("checkbox", name="Choose enter.pdf").check()
    await page.get_by_text("Put them aside for good …").click()
    await page.get_by_label("Why nobody has to look at them any more").fill("It is a copy.")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Put the chosen aside for good").click()
    await expect(page.get_by_role("status")).to_contain_text("put aside for good")
    facts = await counter.app.desk.documents.trace(document.id)
    assert facts.resent is None
