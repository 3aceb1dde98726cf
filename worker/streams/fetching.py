"""Documents that an entry names by an address: from hosts that the settings name, as a presigned one of S3 is."""

from collections.abc import AsyncIterator, Collection
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from worker.addresses import PrivateAddress, connector
from worker.storage.copying import PIECE
from worker.storage.uploads import TooManyBytes
from worker.streams.poison import Poison, PoisonReason
from worker.streams.sources import SourceAway

_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same question may be asked again."""


class Fetcher:
    """Fetches from these hosts alone (`name` or `name:port`), without a redirect, a cookie or a proxy."""

    def __init__(self, hosts: Collection[str], *, allow_private: bool) -> None:
        self._hosts = hosts
        self._allow_private = allow_private

    async def fetch(self, url: str, most: int) -> AsyncIterator[bytes]:
        """The bytes behind an address, at most so many.

        Raises Poison for what will not do, TooManyBytes, and SourceAway where it may do later.
        """
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
                session.get(url, allow_redirects=False) as answer,
            ):
                _require_answered(answer.status)
                if (answer.content_length or 0) > most:
                    raise TooManyBytes(most)
                async for piece in answer.content.iter_chunked(PIECE):
                    yield piece
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise Poison(PoisonReason.NOT_ALLOWED, f"url: {error.os_error}") from None
            raise SourceAway("the host of url is not reached") from None
        except aiohttp.InvalidURL:
            raise Poison(PoisonReason.BAD_ENTRY, "url is no address") from None
        except (aiohttp.ClientError, TimeoutError):
            raise SourceAway("the host of url broke off") from None

    def _require_allowed(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "") if parts.port is None else f"{parts.hostname}:{parts.port}"
        except ValueError:
            raise Poison(PoisonReason.BAD_ENTRY, "url is no address") from None
        if parts.scheme not in ({"https", "http"} if self._allow_private else {"https"}):
            raise Poison(PoisonReason.NOT_ALLOWED, "url must be an https:// address")
        if host not in self._hosts or parts.username is not None:
            raise Poison(
                PoisonReason.NOT_ALLOWED, "url leads to a host that the settings do not allow (queue.url_hosts)"
            )


def _require_answered(status: int) -> None:
    if status in _PASSING:
        raise SourceAway(f"the host of url answers {status}")
    if status != HTTPStatus.OK:
        raise Poison(PoisonReason.UNREADABLE, f"the host of url answers {status}")
