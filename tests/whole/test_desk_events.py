"""The stream of news for open pages: for whom, of what, and how it ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp

from tests.support.waiting import PATIENCE
from tests.whole.browser import Browser, a_browser
from tests.whole.site import Site, a_site

CHANGED, ENDED = b"event: change\n", b"event: end\n"


async def next_event(stream: aiohttp.ClientResponse) -> bytes:
    async for line in stream.content:
        if line.startswith(b"event:"):
            return line
    return b""


@asynccontextmanager
async def streaming(site: Site, browser: Browser) -> AsyncIterator[aiohttp.ClientResponse]:
    async with browser.http.get(f"{site.url}/events", timeout=aiohttp.ClientTimeout(total=PATIENCE)) as stream:
        yield stream


async def test_a_stranger_has_no_stream_and_is_told_not_to_ask_again(site: Site, browser: Browser) -> None:
    assert (await browser.get(f"{site.url}/events")).status == 204


async def test_a_change_is_told_without_saying_what(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    async with streaming(site, browser) as stream:
        assert stream.content_type == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-store"
        await site.gathered(["one.pdf"])
        assert await stream.content.readuntil(b"\n\n") == CHANGED + b"data:\n\n"


async def test_a_stream_ends_with_its_session(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    async with streaming(site, browser) as stream:
        await browser.submit(await browser.open(f"{site.url}/"), "/sign-out")
        await site.gathered(["one.pdf"])
        events = [event async for event in _events(stream)]
        assert events[-1] == ENDED
        assert stream.content.at_eof()


async def test_a_session_that_is_idle_too_long_hears_no_more(site: Site, browser: Browser) -> None:
    await site.sign_in(browser)
    async with streaming(site, browser) as stream:
        site.clock.advance(timedelta(minutes=31))
        await site.gathered(["one.pdf"])
        assert [event async for event in _events(stream)][-1] == ENDED


async def _events(stream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while event := await next_event(stream):
        yield event


async def test_an_open_stream_does_not_hold_up_the_end_of_the_process(vendor_state: Path, tmp_path: Path) -> None:
    async with a_browser() as browser, AsyncExitStack() as stack:
        async with a_site(vendor_state, tmp_path) as site:
            await site.sign_in(browser)
            stream = await stack.enter_async_context(streaming(site, browser))
        assert [event async for event in _events(stream)] == [ENDED]
