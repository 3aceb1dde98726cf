"""Putting the client together, for as long as an `async with` lasts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from worker.clock import utc_now
from worker.eparaksts.endpoints import Credentials, Endpoints
from worker.eparaksts.operations import TERMS, Operation, Terms
from worker.eparaksts.platform import Platform
from worker.eparaksts.retrying import Retrying, Sleep, unheard
from worker.eparaksts.service import Eparaksts, Place
from worker.eparaksts.signapi import SignApi
from worker.eparaksts.tokens import IntrospectToken
from worker.eparaksts.wire import USER_AGENT, Observe, Wire, once, unobserved


@dataclass(frozen=True, slots=True)
class Client:
    """The vendor, ready to be called: the port of the stories, and the platform that the desk talks to."""

    service: Eparaksts
    platform: Platform


@asynccontextmanager
async def opened(
    endpoints: Endpoints,
    credentials: Credentials,
    *,
    redirect_uri: str,
    place: Place,
    concurrency: int = 8,
    attempts: int = 3,
    observe: Observe = unobserved,
    terms: Mapping[Operation, Terms] = TERMS,
    on_retry: Callable[[Operation], None] = unheard,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Client]:
    """Yield a client; its connections are closed at the end of the block.

    `observe` gets operation, outcome and seconds of every attempt; `on_retry` the operation, before every pause.
    """
    async with AsyncExitStack() as stack:
        kept = await stack.enter_async_context(_session(TCPConnector(limit=concurrency, keepalive_timeout=30)))
        fresh = await stack.enter_async_context(_session(TCPConnector(limit=concurrency, force_close=True)))
        retrying = Retrying(attempts=attempts, sleep=sleep, on_retry=on_retry, now=now)
        wire = Wire(kept, fresh, retrying, now=now, concurrency=concurrency, observe=observe, terms=terms)
        platform = Platform(wire, endpoints, credentials, redirect_uri=redirect_uri, sleep=sleep, now=now)
        signapi = SignApi(wire, endpoints, IntrospectToken(platform.introspect, now))
        yield Client(Eparaksts(signapi, platform, place, now), platform)


def _session(connector: TCPConnector) -> ClientSession:
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    return ClientSession(connector=connector, headers=headers, cookie_jar=DummyCookieJar(), middlewares=(once,))
