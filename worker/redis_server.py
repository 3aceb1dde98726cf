"""The Redis that an address leads to: one server, or the one that Sentinels call the primary at this moment.

What stands behind `?` goes to the client as it is: timeouts, and for TLS the certificate that is trusted and our own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode

from pydantic_core import MultiHostUrl
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.sentinel import Sentinel

from config.redis import SENTINEL

_PORT = 26379
"""Where a Sentinel listens by itself."""
_OF_SENTINELS = "sentinel_"
"""Begins what is meant for the Sentinels alone: their own user and password."""
_OF_TLS = "ssl"

Client = TypeVar("Client", bound=Redis)


@asynccontextmanager
async def opened_server(url: str, kind: type[Client], **options: Any) -> AsyncIterator[Client]:
    """Connections of that kind of client for the time of the block; nobody is called yet."""
    sentinel = _name_sentinels(url, options) if SENTINEL in url.partition("://")[0] else None
    if sentinel is None:
        server = kind.from_url(url, **options)
    else:
        primary = unquote((MultiHostUrl(url).path or "").strip("/").partition("/")[0])
        server = sentinel.master_for(primary, redis_class=kind)
    try:
        yield server
    finally:
        await server.aclose(close_connection_pool=True)
        for each in sentinel.sentinels if sentinel else ():
            await each.aclose(close_connection_pool=True)


def _name_sentinels(url: str, options: dict[str, Any]) -> Sentinel:
    address = MultiHostUrl(url)
    hosts, query = address.hosts(), dict(parse_qsl(address.query or ""))
    own = {name.removeprefix(_OF_SENTINELS): query.pop(name) for name in [*query] if name.startswith(_OF_SENTINELS)}
    database = (address.path or "").strip("/").partition("/")[2] or "0"
    # The library's own reading of what may stand in an address of one server.
    asked: dict[str, Any] = dict(parse_url(f"redis://server/{database}?{urlencode(query)}"))
    asked.pop("host", None)
    credentials = {
        name: unquote(value)
        for name in ("username", "password")
        if (value := next((host[name] for host in hosts if host[name]), None))
    }
    tls = {name: value for name, value in asked.items() if name.startswith(_OF_TLS)}
    if address.scheme.startswith("rediss"):
        asked["ssl"] = tls["ssl"] = True
    # A Sentinel that hangs shall not hold up what the next one could tell.
    patience = {name: value for name, value in options.items() if name.endswith("_timeout")}
    return Sentinel(  # type: ignore[no-untyped-call]
        [(host["host"], host["port"] or _PORT) for host in hosts],
        sentinel_kwargs={**patience, **tls, **own},
        **{**asked, **credentials, **options},
    )
