"""One running practice vendor: every part it keeps between two requests."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from aiohttp import web

from sandbox.counters import Counters
from sandbox.eidas.grants import Grants
from sandbox.personas import Person
from sandbox.pki import Authority
from sandbox.settings import Settings
from sandbox.signapi.sessions import Sessions
from sandbox.variants import Variants
from sandbox.variants.switchboard import Switchboard
from sandbox.weather.forecast import Forecast

P = ParamSpec("P")
T = TypeVar("T")


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
    switchboard: Switchboard
    bench: Executor
    now: Callable[[], datetime]

    @property
    def variants(self) -> Variants:
        """Return the choice in force where sources differ."""
        return self.switchboard.variants

    async def at_bench(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do slow work in a thread of the bench, so that other requests are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self.bench, partial(work, *args, **kwargs))


VENDOR = web.AppKey("VENDOR", Vendor)


def vendor_of(request: web.Request) -> Vendor:
    """Return the vendor that serves this request."""
    return request.app[VENDOR]
