"""One running practice vendor: every part it keeps between two requests."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from sandbox.counters import Counters
from sandbox.personas import Person
from sandbox.pki import Authority
from sandbox.eidas.grants import Grants
from sandbox.settings import Settings
from sandbox.signapi.sessions import Sessions
from sandbox.weather.forecast import Forecast


@dataclass(frozen=True, slots=True)
class Vendor:
    """The parts the handlers work with; `bench` is where slow cryptography runs beside the event loop."""

    settings: Settings
    authority: Authority
    people: Mapping[str, Person]  # by login
    grants: Grants
    sessions: Sessions
    counters: Counters
    forecast: Forecast
    bench: Executor
    now: Callable[[], datetime]


VENDOR = web.AppKey("VENDOR", Vendor)


def vendor_of(request: web.Request) -> Vendor:
    """Return the vendor that serves this request."""
    return request.app[VENDOR]
