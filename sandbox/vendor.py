"""One running practice vendor: every part it keeps between two requests."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from aiohttp import web

from sandbox.eidas.grants import Grants
from sandbox.journal.journal import Journal
from sandbox.people.person import Person
from sandbox.pki import Authority
from sandbox.settings import Settings
from sandbox.signapi.sessions import SessionStore
from sandbox.variants import Variants
from sandbox.variants.model import Switchboard
from sandbox.weather.schedule import Schedule

P = ParamSpec("P")
T = TypeVar("T")

# A thread is handed over only so often, since that costs as much as the work on a small file.
TIME_SLICE = 0.02  # seconds


@dataclass(slots=True)
class Counters:
    """Approvals given, signatures made and calls received since the start."""

    authorizations: int = 0  # key passwords accepted
    signature_calls: int = 0  # successful raw or raw/batch calls
    signatures: int = 0
    finalizations: int = 0  # documents sealed
    calls: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)  # calls whose answer bad weather holds up just now

    def as_json(self, sessions_open: int) -> dict[str, object]:
        """Return the body of `GET /sandbox/counters`."""
        return {
            "authorizations": self.authorizations,
            "signature_calls": self.signature_calls,
            "signatures": self.signatures,
            "finalizations": self.finalizations,
            "calls": dict(sorted(self.calls.items())),
            "held": dict(sorted((+self.held).items())),
            "sessions_open": sessions_open,
        }


@dataclass(frozen=True, slots=True)
class Vendor:
    """The parts the handlers work with; `executor` runs slow cryptography beside the event loop."""

    settings: Settings
    authority: Authority
    people: MutableMapping[str, Person]  # by login; a seal may be renewed
    grants: Grants
    sessions: SessionStore
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
        """Do slow work in a thread, so that other requests are answered meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, partial(work, *args, **kwargs))

    async def run_all_in_threads(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do many pieces of slow work in order, and return what each of them gave.

        They take one thread at a time, for a short turn of as many as fit in: the other threads are there for other
        calls, which wait for a turn at most.
        """
        done: list[T] = []
        while len(done) < len(works):
            done += await self.run_in_thread(run_slice, works[len(done) :])
        return done


def run_slice(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do as many pieces of work as fit into one slice of time, one at least, and return what each gave."""
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
