"""Putting the vendor's client together, for as long as an `async with` lasts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from jobs.ports import VendorLimits
from worker.clock import utc_now
from worker.eparaksts.congestion import Bounds
from worker.eparaksts.operations import TERMS, Endpoints, Operation, Terms
from worker.eparaksts.platform import Platform
from worker.eparaksts.retry import RetryPolicy, Sleep, count_nothing
from worker.eparaksts.service import Bring, EparakstsService, PathsOf, bring_nothing
from worker.eparaksts.signapi import SignApi
from worker.eparaksts.slots import Slots
from worker.eparaksts.tokens import Credentials, IntrospectToken
from worker.eparaksts.wire import USER_AGENT, ObserveCall, Wire, observe_nothing, send_once

_BOUNDS = Bounds()


def observe_no_slots(_count: int) -> None:
    """Measure nothing."""


@dataclass(frozen=True, slots=True)
class VendorClient:
    """The vendor, ready to be called: the port of the stories, and the platform that the desk talks to."""

    service: EparakstsService
    platform: Platform


@asynccontextmanager
async def connect(
    endpoints: Endpoints,
    credentials: Credentials,
    *,
    redirect_uri: str,
    paths_of: PathsOf,
    limits: VendorLimits,
    bring: Bring = bring_nothing,
    checks_consent: bool = True,
    bounds: Bounds = _BOUNDS,
    attempts: int = 3,
    observe: ObserveCall = observe_nothing,
    observe_slots: Callable[[int], None] = observe_no_slots,
    terms: Mapping[Operation, Terms] = TERMS,
    on_retry: Callable[[Operation], None] = count_nothing,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[VendorClient]:
    """Yield a client; its connections are closed at the end of the block.

    `limits` keeps what is learned of how much the vendor takes at once. `checks_consent` lets nothing be signed but by
    the approver's own consent. `observe` gets operation, outcome and seconds of every attempt; `observe_slots` how many
    calls of documents may be under way at once, within `bounds`; `on_retry` the operation, before every pause.
    """
    async with AsyncExitStack() as stack:
        # Unlimited: where connections were waited for, it would be first come, first served once more.
        kept = await stack.enter_async_context(_session(TCPConnector(limit=0, keepalive_timeout=30)))
        fresh = await stack.enter_async_context(_session(TCPConnector(limit=0, force_close=True)))
        retry = RetryPolicy(attempts=attempts, sleep=sleep, on_retry=on_retry, now=now)
        slots = Slots(bounds, observe=observe_slots)
        wire = Wire(kept, fresh, retry, slots, now=now, observe=observe, terms=terms)
        platform = Platform(
            wire, endpoints, credentials, redirect_uri=redirect_uri, checks_consent=checks_consent, sleep=sleep, now=now
        )
        signapi = SignApi(wire, endpoints, IntrospectToken(platform.introspect, now))
        service = EparakstsService(signapi, platform, paths_of, now, wire.clock_offset, limits=limits, bring=bring)
        yield VendorClient(service, platform)


def _session(connector: TCPConnector) -> ClientSession:
    # No cookie is kept: calls in the name of many people share these connections.
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    return ClientSession(
        connector=connector,
        headers=headers,
        cookie_jar=DummyCookieJar(),
        middlewares=(send_once,),
        auto_decompress=False,
    )
