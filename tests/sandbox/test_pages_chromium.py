"""The dialog and the live page in a real browser, headless. The pages are also photographed, to be looked at."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox.settings import RegisteredClient
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import AUTHORIZE, PASSWORD, Integration, a_digest, summary, the_seal
from tests.support.programs import required

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking"]
ONE = summary(a_digest("doc-1"))
PHONE = {"width": 390, "height": 800}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=required("chromium"), args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A phone that prefers English and remembers nothing; whatever a page's own policy refused it fails the test."""
    refused: list[str] = []
    async with await chromium.new_context(viewport=PHONE, locale="en-GB") as context:  # type: ignore[arg-type]
        opened = await context.new_page()
        opened.on("console", lambda message: refused.append(message.text))
        yield opened
    assert [text for text in refused if "Content Security Policy" in text] == []


@pytest_asyncio.fixture(loop_scope="module")
async def client() -> AsyncIterator[RegisteredClient]:
    """A registered client whose own page welcomes the browser back."""

    async def welcome(_: web.Request) -> web.Response:
        return web.Response(text="<title>back</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/callback", welcome)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    yield RegisteredClient(client_id="Grāmatvedība", client_secret="secret", redirect_uris=(url,))
    await runner.cleanup()


@pytest.fixture
def open_with_client(open_integration: OpenIntegration, client: RegisteredClient) -> OpenIntegration:
    """Return how to open an integration of this client."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Integration]:
        async with open_integration(clients=(client,), **changes) as integration:
            integration.client = client
            yield integration

    return opened


@pytest_asyncio.fixture(loop_scope="module")
async def integration(open_with_client: OpenIntegration) -> AsyncIterator[Integration]:
    async with open_with_client() as opened:
        yield opened


def address(integration: Integration, **changes: str) -> str:
    return str(integration.url(AUTHORIZE).with_query(integration.question(**changes)))


def address_to_sign(integration: Integration, **changes: str) -> str:
    query = integration.key_question(the_seal(integration).id, ONE, **changes)
    return str(integration.url(AUTHORIZE).with_query(query))


async def expect_heading(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


async def test_a_latvian_logs_in_by_phone_errs_once_and_seals(
    integration: Integration, page: Page, tmp_path: Path
) -> None:
    await page.goto(address_to_sign(integration, ui_locales="lv"))
    await expect_heading(page, "Izvēlieties pieslēgšanās veidu")
    await page.screenshot(path=tmp_path / "1-method.png", full_page=True)
    await page.get_by_role("button", name="eParaksts mobile Apstipriniet lietotnē").click()
    await expect_heading(page, "Kas jūs esat?")
    await page.get_by_role("button", name="Anna Parauga").click()
    await expect_heading(page, "Apstipriniet lietotnē")
    await page.screenshot(path=tmp_path / "2-app.png", full_page=True)
    await page.get_by_role("button", name="Apstiprināt").click()
    await expect_heading(page, "Vai apzīmogot dokumentus?")
    await expect(page.get_by_text("SIA PARAUGS (P-256): eZīmogs")).to_be_visible()
    await page.get_by_label("Atslēgas parole").fill("nepareiza")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Parole nav pareiza. Atlikuši 4 mēģinājumi.")
    await page.screenshot(path=tmp_path / "3-wrong.png", full_page=True)
    await page.get_by_label("Atslēgas parole").fill(PASSWORD)
    await page.get_by_role("button", name="Apstiprināt").click()
    await expect(page).to_have_url(re.compile(r"/callback\?code=[0-9a-f]{64}&state=s-1"))


async def test_whoever_rejects_on_the_phone_goes_back_with_access_denied(integration: Integration, page: Page) -> None:
    await page.goto(address(integration, ui_locales="lv", acr_values="urn:eparaksts:authentication:flow:mobileid"))
    await page.get_by_role("button", name="Kārlis Vītols").click()
    await page.get_by_role("button", name="Noraidīt").click()
    await expect(page).to_have_url(re.compile("error=access_denied"))


async def test_cancelling_needs_no_password(integration: Integration, page: Page) -> None:
    await integration.submit(integration.question(), login="anna")
    await page.goto(address_to_sign(integration, ui_locales="lv"))
    await page.click("button[value='mobileid']")
    await page.click("#login-anna")
    await page.click("#confirm")
    await page.get_by_role("button", name="Atcelt").click()
    await expect(page).to_have_url(re.compile("error=access_denied"))


async def test_a_key_that_is_locked_says_so_and_leads_back(
    open_with_client: OpenIntegration, page: Page, tmp_path: Path
) -> None:
    async with open_with_client(password_tries=2) as integration:
        await page.goto(address_to_sign(integration, ui_locales="lv"))
        for button in ("button[value='mobileid']", "#login-anna", "#confirm"):
            await page.click(button)
        for _ in range(2):
            await page.fill("#password", "nepareiza")
            await page.click("#approve")
        await expect_heading(page, "Atslēga ir bloķēta")
        await expect(page.locator("#password")).to_have_count(0)
        await page.screenshot(path=tmp_path / "locked.png", full_page=True)
        await page.get_by_role("button", name="Atgriezties").click()
        await expect(page).to_have_url(re.compile("error=access_denied"))


async def test_a_card_is_opened_with_the_keyboard_alone(integration: Integration, page: Page) -> None:
    await page.goto(address(integration, acr_values="urn:eparaksts:authentication:flow:sc_plugin"))
    await expect_heading(page, "Who are you?")
    await page.get_by_role("button", name="Ilze Ozoliņa").press("Enter")
    await expect(page.get_by_label("PIN1", exact=True)).to_be_focused()
    await page.keyboard.type("1234")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("code="))


async def test_the_language_can_be_changed_on_the_page(integration: Integration, page: Page) -> None:
    await page.goto(address(integration))
    await expect_heading(page, "How would you like to log in?")
    await page.get_by_role("link", name="Latviešu").click()
    await expect_heading(page, "Izvēlieties pieslēgšanās veidu")
    assert await page.get_attribute("html", "lang") == "lv"


async def test_no_page_is_wider_than_a_phone(integration: Integration, page: Page) -> None:
    await page.set_viewport_size({"width": 320, "height": 700})
    await page.goto(address(integration))
    for step in ("button[value='mobileid:cross-device']", "#login-marta", "#confirm"):
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.click(step)
    for path in ("/", "/sandbox/live"):
        await page.goto(str(integration.url(path)))
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_a_call_appears_on_the_live_page_without_loading_it_anew(
    integration: Integration, page: Page, tmp_path: Path
) -> None:
    await page.set_viewport_size({"width": 1200, "height": 800})
    await page.goto(str(integration.url("/sandbox/live")))
    await expect(page.get_by_role("status")).to_have_text("live")
    await expect(page.get_by_text("No call yet.")).to_be_visible()
    await page.evaluate("window.loadedOnce = true")
    await integration.introspect()
    session = await integration.start()
    await integration.call("GET", "/api-storage/v1.0/unknown/list")
    await expect(page.locator("#calls tr")).to_have_count(3)
    await expect(page.locator("#calls tr").first).to_contain_text("session:notFound")
    await expect(page.locator("#sessions tr")).to_contain_text(session[:12])
    await integration.submit(integration.question(), login="anna")
    await expect(page.locator("#consents tr")).to_contain_text("logged in")
    await page.screenshot(path=tmp_path / "live.png", full_page=True)
    assert await page.evaluate("window.loadedOnce")
