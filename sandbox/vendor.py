"""One running practice vendor: every part it keeps between two requests."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from aiohttp import web

from sandbox.counters import Counters
from sandbox.eidas.grants import Grants
from sandbox.journal.journal import Journal
from sandbox.people.person import Person
from sandbox.pki import Authority
from sandbox.settings import Settings
from sandbox.signapi.sessions import Sessions
from sandbox.variants import Variants
from sandbox.variants.switchboard import Switchboard
from sandbox.weather.schedule import Schedule

P = ParamSpec("P")
T = TypeVar("T")

TIME_SLICE = (
    0.02  # seconds; a thread is handed over only so often, since that costs as much as the work on a small file
)


@dataclass(frozen=True, slots=True)
class Vendor:
    """The parts the handlers work with; `bench` is where slow cryptography runs beside the event loop."""

    settings: Settings
    authority: Authority
    people: Mapping[str, Person]  # by login
    grants: Grants
    sessions: Sessions
    counters: Counters
    journal: Journal
    schedule: Schedule
    switchboard: Switchboard
    executor: Executor
    now: Callable[[], datetime]

    @property
    def variants(self) -> Variants:
        """Return the choice in force where sources differ."""
        return self.switchboard.variants

    def name_of(self, identity_id: str) -> str:
        """Return the common name of an identity's certificate, or nothing where there is no such identity."""
        found = (person.identity(identity_id) for person in self.people.values())
        return next((identity.common_name for identity in found if identity), "")

    async def run_in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do slow work in a thread of the bench, so that other requests are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, partial(work, *args, **kwargs))

    async def run_all_in_threads(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do many pieces of slow work in order, and return what each of them gave.

        They take one thread at a time, for a short turn of as many as fit in: the other threads are there for other
        calls, which wait for a turn at most.
        """
        done: list[T] = []
        while len(done) < len(works):
            done += await self.run_in_thread(_run_slice, works[len(done) :])
        return done


def _run_slice(works: Sequence[Callable[[], T]]) -> list[T]:
    end = time.monotonic() + TIME_SLICE
    done: list[T] = []
    for work in works:
        done.append(work())
        if time.monotonic() > end:
            break
    return done


VENDOR = web.AppKey("VENDOR", Vendor)


def vendor_of(request: web.Request) -> Vendor:
    """Return the vendor that serves this request."""
    return request.app[VENDOR]
