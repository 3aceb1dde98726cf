"""A practice person at a browser without JavaScript: opens pages, fills in forms, presses buttons.

Everything goes through the same pages that a real person uses, the desk's and the vendor's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin

import aiohttp
from lxml import html

from jobs.model.names import BatchId, RouteName
from worker.demo.practice_vendor import Persona

_METHOD = "mobileid"  # the person confirms in the eParaksts mobile app


class LostOnPage(Exception):
    """A page did not offer what the person was looking for; the message names the page and what it said."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was received after all redirects."""

    url: str
    status: int
    tree: html.HtmlElement

    @property
    def text(self) -> str:
        """What a person would read, on one line."""
        return " ".join(self.tree.text_content().split())

    @property
    def next_url(self) -> str | None:
        """Where the page sends a browser at once (`<meta http-equiv="refresh" content="0; url=…">`), None to stay."""
        for content in self.tree.xpath("//meta[@http-equiv='refresh']/@content"):
            delay, _, target = str(content).partition(";")
            if delay.strip() == "0" and target:
                return urljoin(self.url, target.strip().removeprefix("url="))
        return None

    def form(self, *, action: str = "", field: str = "") -> html.FormElement:
        """The form whose action contains `action` and which has the field. Raises LostOnPage."""
        for form in self.tree.forms:
            names = {element.get("name") for element in form.iter("input", "button", "select")}
            if action in (form.get("action") or self.url) and (not field or field in names):
                return form
        raise LostOnPage(f"{self.url} ({self.status}) has no form {action or field!r}: {self.text[:300]}")


class Browser:
    """One person's browser: cookies, and nothing else to remember."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def open(self, url: str) -> Page:
        """Open a page, and whatever it leads to by itself."""
        return await self._request("GET", url)

    async def submit(self, page: Page, form: html.FormElement, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form with its own values and the given ones, and follow where it leads."""
        values = dict(form.form_values()) | dict(fields or {})
        return await self._request(form.method, urljoin(page.url, form.get("action") or page.url), values)

    async def _request(self, method: str, url: str, values: Mapping[str, str] | None = None) -> Page:
        is_query = method.upper() == "GET"
        params, body = (values, None) if is_query else (None, values)
        async with self._http.request(method, url, params=params, data=body) as reply:
            page = Page(str(reply.url), reply.status, html.fromstring(await reply.text()))
        return page if page.next_url is None else await self._request("GET", page.next_url)


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A fresh browser for the time of the block."""
    # Loopback addresses are IP addresses, whose cookies aiohttp drops unless told otherwise.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield Browser(http)


@dataclass(frozen=True, slots=True)
class PracticePerson:
    """One practice person at the desk of that address."""

    browser: Browser
    persona: Persona
    desk: str

    async def sign_in(self) -> None:
        """Leg 1: the desk sends us to the vendor, which asks who we are and sends us back. Raises LostOnPage."""
        welcome = await self.browser.open(f"{self.desk}/")
        how = await self.browser.submit(welcome, welcome.form(action="/sign-in"))
        who = await self.browser.submit(how, how.form(field="method"), {"method": _METHOD})
        phone = await self.browser.submit(who, who.form(field="login"), {"login": self.persona.login})
        back = await self.browser.submit(phone, phone.form(field="login"), {"action": "confirm"})
        back.form(action="/sign-out")

    async def enrol(self) -> None:
        """Leg 1 again, now to read the seal's certificates; the vendor still knows who we are. Raises LostOnPage."""
        overview = await self.browser.open(f"{self.desk}/")
        answer = await self.browser.submit(overview, overview.form(action="/seals/enrol"))
        _require_page(answer, f"{self.desk}/")

    async def gather(self, route: RouteName) -> None:
        """Press “Seal what waits now”. Raises LostOnPage."""
        overview = await self.browser.open(f"{self.desk}/")
        await self.browser.submit(overview, overview.form(action=f"/routes/{route}/gather"))

    async def approve(self, batch: BatchId) -> None:
        """Leg 2: one password for the whole batch, unless the vendor does not ask for so many. Raises LostOnPage."""
        page = await self.browser.open(f"{self.desk}/batches/{batch}")
        consent = await self.browser.submit(page, page.form(action="/approve"))
        if consent.url.startswith(f"{self.desk}/batches/{batch}"):
            return
        fields = {"password": self.persona.password, "action": "approve"}
        answer = await self.browser.submit(consent, consent.form(field="password"), fields)
        _require_page(answer, f"{self.desk}/batches/{batch}")


def _require_page(page: Page, url: str) -> None:
    if page.status != HTTPStatus.OK or not page.url.startswith(url):
        raise LostOnPage(f"expected {url}, but came to {page.url.partition('?')[0]} ({page.status}): {page.text[:300]}")
