"""The practice vendor put together: one aiohttp application with both services, and the socket it listens on."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from aiohttp import web

from sandbox.eidas.grants import Grants
from sandbox.journal.journal import Journal
from sandbox.journal.middleware import record_call
from sandbox.people.practice import practice_people
from sandbox.pki import Authority
from sandbox.refusals import answer_refusals
from sandbox.routes import ROUTES
from sandbox.settings import Settings
from sandbox.signapi.sessions import SessionStore
from sandbox.variants.model import Switchboard
from sandbox.vendor import VENDOR, Counters, Vendor
from sandbox.weather.middleware import apply_weather
from sandbox.weather.rules import Weather
from sandbox.weather.schedule import Schedule

THREADS = 2


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunningVendor:
    """A practice vendor that answers at `url`; both services share it."""

    url: str
    vendor: Vendor


@asynccontextmanager
async def opened(
    settings: Settings, state: Path, *, weather: Weather | None = None, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Vendor]:
    """Yield a vendor whose keys and sessions live in the state folder; it goes on where an earlier one stopped."""
    authority = Authority.open(state / "keys", now())
    with ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox") as executor:
        yield Vendor(
            settings=settings,
            authority=authority,
            people={person.login: person for person in practice_people(authority, settings.leading_key, now())},
            grants=Grants.empty(settings),
            sessions=SessionStore.load(state / "sessions", settings.session_expiration),
            counters=Counters(),
            journal=Journal(),
            schedule=Schedule(weather),
            switchboard=Switchboard(settings.variants),
            executor=executor,
            now=now,
        )


LARGEST_BODY = 8 * 1024 * 1024
"""Bytes; 5,000 values of an RSA key are half of it. Files come in pieces, and have a limit of their own."""


def create_app(vendor: Vendor) -> web.Application:
    """Return the application that serves this vendor."""
    # In this order: weather is written down too, and what it refuses looks as the service's own refusals do.
    app = web.Application(middlewares=[record_call, apply_weather, answer_refusals], client_max_size=LARGEST_BODY)
    app[VENDOR] = vendor
    app.add_routes(ROUTES)

    async def close_journal(_: web.Application) -> None:
        """Let those go who follow the journal, or they would hold the shutdown up."""
        vendor.journal.close()

    async def tell_time(_: web.Request, response: web.StreamResponse) -> None:
        """Let every answer tell the vendor's own time (RFC 9110 §6.6.1), which tests may set."""
        response.headers["Date"] = format_datetime(vendor.now(), usegmt=True)

    app.on_response_prepare.append(tell_time)
    app.on_shutdown.append(close_journal)
    return app


@asynccontextmanager
async def listening(
    settings: Settings,
    state: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    weather: Weather | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[RunningVendor]:
    """Yield a vendor that answers on a socket; port 0 takes a free one."""
    async with opened(settings, state, weather=weather, now=now) as vendor:
        # The journal tells of every call; and whoever keeps a connection open does not hold the end up for long.
        runner = web.AppRunner(create_app(vendor), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield RunningVendor(f"http://{host}:{runner.addresses[0][1]}", vendor)
        finally:
            await runner.cleanup()
