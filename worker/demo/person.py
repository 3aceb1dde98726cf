"""A practice person at a browser without JavaScript: opens pages, fills in forms, presses buttons.

Everything goes through the same pages that a real person uses, the desk's and the vendor's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from lxml import html


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


class Person:
    """One person's browser: cookies, and nothing else to remember."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def open(self, url: str) -> Page:
        """Open a page, and whatever it leads to by itself."""
        return await self._seen("GET", url)

    async def submit(self, page: Page, form: html.FormElement, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form with its own values and the given ones, and follow where it leads."""
        values = dict(form.form_values()) | dict(fields or {})
        url = urljoin(page.url, form.get("action") or page.url)
        return await self._seen(form.method, url, values)

    async def _seen(self, method: str, url: str, values: Mapping[str, str] | None = None) -> Page:
        is_query = method.upper() == "GET"
        params, body = (values, None) if is_query else (None, values)
        async with self._http.request(method, url, params=params, data=body) as reply:
            page = Page(str(reply.url), reply.status, html.fromstring(await reply.text()))
        return page if page.next_url is None else await self._seen("GET", page.next_url)


@asynccontextmanager
async def a_person() -> AsyncIterator[Person]:
    """A fresh browser for the time of the block."""
    # Loopback addresses are IP addresses, whose cookies aiohttp drops unless told otherwise.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield Person(http)
