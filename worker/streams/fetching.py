"""Documents that are behind an address: from hosts that the settings name, as a presigned one of S3 is."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import structlog
from yarl import URL

from worker.addresses import PrivateAddress, connector
from worker.storage.copying import PIECE
from worker.storage.uploads import TooManyBytes
from worker.streams.poison import Poison, PoisonReason
from worker.streams.sources import SourceAway, SourceGone

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same question may be asked again."""
_DONE = {"GET": {HTTPStatus.OK}, "DELETE": {HTTPStatus.OK, HTTPStatus.NO_CONTENT}}
_LONGEST_ETAG = 100
_GONE = frozenset({403, 404, 410})
"""403 as well: S3 says so of what is not there to whoever may not list the bucket."""


def host_of(url: str) -> str:
    """The host that an address leads to, as `name` or `name:port`. Raises ValueError."""
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.port is None else f"{parts.hostname}:{parts.port}"


class Fetcher:
    """Fetches from these hosts alone (`name` or `name:port`), without a redirect, a cookie or a proxy.

    What it asks is `called` so in the reasons that it gives.
    """

    def __init__(self, hosts: Collection[str], *, allow_private: bool, called: str = "the host of url") -> None:
        self._hosts = hosts
        self._allow_private = allow_private
        self._called = called

    async def fetch(self, url: str | URL, most: int) -> AsyncGenerator[bytes]:
        """The bytes behind an address, at most so many.

        Raises Poison for what will not do, TooManyBytes, and SourceAway where it may do later.
        """
        async with self._ask("GET", url) as answer:
            if (answer.content_length or 0) > most:
                raise TooManyBytes(most)
            async for piece in answer.content.iter_chunked(PIECE):
                yield piece
            etag = answer.headers.get("etag", "")[:_LONGEST_ETAG]
            log.info("document fetched", bytes=answer.content_length, etag=etag)

    async def remove(self, url: str | URL) -> None:
        """Remove what is behind an address. Raises Poison where that is refused, and SourceAway."""
        async with self._ask("DELETE", url):
            pass

    @asynccontextmanager
    async def _ask(self, method: str, url: str | URL) -> AsyncIterator[aiohttp.ClientResponse]:
        self._require_allowed(url)
        ways = connector(allow_private=self._allow_private, connections=1)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=ways,
                    timeout=_TIMEOUT,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    headers={"user-agent": "zimogs", "accept-encoding": "identity"},
                ) as session,
                session.request(method, url, allow_redirects=False) as answer,
            ):
                self._require_done(method, answer.status)
                yield answer
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise Poison(PoisonReason.NOT_ALLOWED, f"url: {error.os_error}") from None
            raise SourceAway(f"{self._called} is not reached") from None
        except aiohttp.InvalidURL:
            raise Poison(PoisonReason.BAD_ENTRY, "url is no address") from None
        except (aiohttp.ClientError, TimeoutError):
            raise SourceAway(f"{self._called} broke off") from None

    def _require_allowed(self, url: str | URL) -> None:
        try:
            parts, host = urlsplit(str(url)), host_of(str(url))
        except ValueError:
            raise Poison(PoisonReason.BAD_ENTRY, "url is no address") from None
        if parts.scheme not in ({"https", "http"} if self._allow_private else {"https"}):
            raise Poison(PoisonReason.NOT_ALLOWED, "url must be an https:// address")
        if host not in self._hosts or parts.username is not None:
            raise Poison(
                PoisonReason.NOT_ALLOWED, "url leads to a host that the settings do not allow (queue.url_hosts)"
            )

    def _require_done(self, method: str, status: int) -> None:
        if status in _PASSING:
            raise SourceAway(f"{self._called} answers {status}")
        if status in _GONE:
            raise SourceGone(f"{self._called} answers {status}: it is not there, or may not be read")
        if status not in _DONE[method]:
            raise Poison(PoisonReason.UNREADABLE, f"{self._called} answers {status}")
