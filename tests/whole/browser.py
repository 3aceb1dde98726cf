"""A browser without JavaScript for tests of pages: cookies, forms, redirects, and pages that go on by themselves."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from lxml import html
from multidict import CIMultiDictProxy
from yarl import URL

AT_ONCE = re.compile(r"0; url=(.+)")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer; `url` is where it came from."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    source: str

    @property
    def tree(self) -> html.HtmlElement:
        return html.fromstring(self.source)

    @property
    def text(self) -> str:
        return " ".join(self.tree.text_content().split())

    @property
    def refresh(self) -> str | None:
        """What the page does by itself after a while."""
        found = self.tree.xpath("//meta[@http-equiv='refresh']/@content")
        return str(found[0]) if found else None

    @property
    def onward(self) -> str | None:
        """Where the browser goes at once: a redirect, or a refresh after no time."""
        if "Location" in self.headers:
            return urljoin(self.url, self.headers["Location"])
        found = AT_ONCE.fullmatch(self.refresh or "") if self.source else None
        return found[1] if found else None

    def form(self, action: str) -> html.FormElement:
        """The form that is sent to such an address."""
        return next(form for form in self.tree.forms if action in (form.get("action") or self.url))

    def offers(self, action: str) -> bool:
        return any(action in (form.get("action") or "") for form in self.tree.forms)


class Browser:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http

    async def get(self, url: str) -> Page:
        """Ask for a page and go nowhere."""
        async with self.http.get(URL(url, encoded=True), allow_redirects=False) as reply:
            return Page(url, reply.status, reply.headers, await reply.text())

    async def post(self, url: str, **fields: str) -> Page:
        """Send fields and go nowhere."""
        return await self._send(url, list(fields.items()))

    async def open(self, url: str) -> Page:
        return await self._followed(await self.get(url))

    async def submit(self, page: Page, action: str, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form of the page with its own values and the given ones, and go where it leads."""
        return await self._followed(await self.press(page, action, fields))

    async def press(self, page: Page, action: str, fields: Mapping[str, str] | None = None) -> Page:
        """Send a form of the page, and go nowhere."""
        form, given = page.form(action), dict(fields or {})
        # One name may have several values, as boxes to tick have.
        values = [(name, str(value)) for name, value in form.form_values() if name not in given]
        return await self._send(urljoin(page.url, form.get("action") or page.url), [*values, *given.items()])

    async def _send(self, url: str, fields: list[tuple[str, str]]) -> Page:
        async with self.http.post(URL(url, encoded=True), data=fields, allow_redirects=False) as reply:
            return Page(url, reply.status, reply.headers, await reply.text())

    async def _followed(self, page: Page) -> Page:
        while page.onward is not None:
            page = await self.get(page.onward)
        return page


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    # Loopback addresses are IP addresses, whose cookies aiohttp drops unless told otherwise.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Browser(http)
