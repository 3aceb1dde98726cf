"""A running zimogs with ordinary routes beside those that get hostile inputs, what these cost, and where they end."""

import asyncio
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.reading import read_settings
from jobs.model.documents import Profile, SealFormat
from jobs.model.lifecycle import State
from jobs.model.names import RouteName, batch_id
from tests.bench.hostile.inbox import Input
from tests.bench.hostile.meter import Meter
from tests.whole.running_app import RunningApp, reserved_address
from worker.demo.driver import drop
from worker.demo.invoices import write_invoices
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import practice_vendor
from worker.storage.tree import Location, remove, walk

_ROUTE = """
[routes.{name}]
seal = {label}
format = "{format}"
max_documents = {documents}
max_wait = 3600
approvers = ["{approver}"]
"""
SWIFT = RouteName("swift")
"""Its documents are gathered and prepared one by one, as soon as they come."""
TOGETHER = 4
"""Documents of a batch that the vendor answers with hostility."""
BATCHES = {SealFormat.PDF: RouteName("batches"), SealFormat.EDOC: RouteName("containers")}
"""Routes of which so many documents are gathered at once, by the format of their seal."""
_ROUTES = (
    ("hostile", SealFormat.PDF, 100),
    ("papers", SealFormat.EDOC, 100),
    (SWIFT, SealFormat.PDF, 1),
    *((name, kind, TOGETHER) for kind, name in BATCHES.items()),
)
"""Name, format, and how many documents make a batch."""
_LONGEST = 900.0
"""Seconds after which an input is reported as having come to no end."""
_LEFT = 5.0
"""Seconds after which what stays in the inbox is taken to be left there."""
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """What one input cost: megabytes and seconds; `delay` is that of another route's document."""

    name: str
    worker: float
    child: float
    cpu: float
    wall: float
    delay: float
    end: str


@dataclass
class Bench:
    """The running app; ordinary documents are taken one for each input."""

    app: RunningApp
    ordinary: list[Path]

    async def measure(self, one: Input) -> Cost:
        """Put one input in, an ordinary document beside it, and wait until both have ended."""
        inbox = self.app.settings.folders.inbox
        assert self.app.process is not None
        pid, began_with = self.app.process.pid, await self._ends(one.route)
        with Meter(pid) as meter:
            putting = asyncio.create_task(asyncio.to_thread(one.put, inbox / one.route))
            if not one.stays:
                await putting
            began = time.monotonic()
            delay = asyncio.create_task(self._delay(inbox))
            await putting
            end = await self._end(one, began_with)
            wall = time.monotonic() - began
            waited = await delay
        alive = self.app.process.returncode is None and self.app.process.pid == pid
        self._clear(inbox / one.route)
        return Cost(one.name, meter.worker, meter.child, meter.cpu, wall, waited, end if alive else "the process ended")

    async def measure_beside(
        self, name: str, begin: Callable[[], Awaitable[object]], end: Callable[[], Awaitable[str]]
    ) -> Cost:
        """Have something begin, have an ordinary document prepared beside it, and wait for the end of both."""
        assert self.app.process is not None
        pid = self.app.process.pid
        with Meter(pid) as meter:
            began = time.monotonic()
            await begin()
            delay = asyncio.create_task(self._delay_of_preparation())
            ended = await end()
            wall = time.monotonic() - began
            waited = await delay
        if self.app.process.returncode is not None:
            ended = "the process ended"
        return Cost(name, meter.worker, meter.child, meter.cpu, wall, waited, ended)

    async def _delay_of_preparation(self) -> float:
        """Seconds until an ordinary document that is dropped now waits, prepared, for a person's approval."""
        ledger = self.app.disk.ledger
        batch = batch_id(SWIFT, await ledger.latest(SWIFT) + 1)
        began = time.monotonic()
        await asyncio.to_thread(drop, [self.ordinary.pop()], self.app.settings.folders.inbox / SWIFT)
        while batch not in await ledger.batches() or (await ledger.read(batch)).state is not State.PREPARED:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE)
        return time.monotonic() - began

    async def _delay(self, inbox: Path) -> float:
        """Seconds until an ordinary document that is dropped now is taken in."""
        before = len(await self.app.disk.shelf.waiting_list(ROUTE))
        began = time.monotonic()
        await asyncio.to_thread(drop, [self.ordinary.pop()], inbox / ROUTE)
        while len(await self.app.disk.shelf.waiting_list(ROUTE)) == before:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE)
        return time.monotonic() - began

    async def _end(self, one: Input, before: set[str]) -> str:
        folder = self.app.settings.folders.inbox / one.route
        began = time.monotonic()
        while time.monotonic() - began < _LONGEST:
            is_empty = not await asyncio.to_thread(_holds_files, folder)
            ended = await self._ends(one.route) - before
            if is_empty and ended and not list(self._shelf().glob("*.claim")):
                return ", ".join(sorted({each.partition(" ")[0] for each in ended}))
            if one.stays and time.monotonic() - began > _LEFT:
                return ", ".join(sorted({"left in the inbox", *(each.partition(" ")[0] for each in ended)}))
            await asyncio.sleep(_PAUSE)
        return "no end"

    def _shelf(self) -> Path:
        return self.app.disk.layout.shelf

    async def _ends(self, route: str) -> set[str]:
        waiting = await self.app.disk.shelf.waiting_list(RouteName(route))
        records = self.app.disk.layout.quarantine
        names = await asyncio.to_thread(lambda: {path.name for path in records.glob("*.json")})
        if len(names) > 2000:
            return {"quarantine " + name for name in names}
        entries = await self.app.disk.quarantine.entries()
        return {f"{one.explanation.reason} {one.explanation.document}" for one in entries} | {
            f"waits {document.id}" for document in waiting
        }

    def _clear(self, folder: Path) -> None:
        for path in folder.iterdir():
            remove(Location.of(path))


def _holds_files(folder: Path) -> bool:
    entries = walk(folder, enters=lambda parts: not parts[-1].startswith("."))
    return any(not stat.S_ISDIR(entry.kind) and not entry.parts[-1].startswith(".") for entry in entries)


@asynccontextmanager
async def a_bench(folder: Path, documents: int) -> AsyncIterator[Bench]:
    """Practice vendor and zimogs as programs of their own; both end with the block."""
    async with (
        reserved_address() as desk,
        reserved_address() as observed,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", "p-256") as vendor,
        open_browser() as browser,
    ):
        persona, seal = vendor.holder_of("p-256")
        settings = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), desk)
        path = folder / "zimogs.toml"
        label = f'"{seal.label}"'
        routes = [
            _ROUTE.format(name=name, label=label, format=kind, documents=documents, approver=persona.personal_code)
            for name, kind, documents in _ROUTES
        ]
        # One person approves more often here than a whole organisation would.
        plan = path.read_text().replace("[desk]", "[desk]\ndialogs_per_address = 100000")
        port = f"[observed]\nport = {urlsplit(observed).port}"
        path.write_text(plan.replace("[observed]\nport = 0", port) + "".join(routes))
        settings = read_settings(path)
        app = RunningApp(settings, vendor, PracticePerson(browser, persona, desk), path)
        await app.start()
        await app.person.sign_in()
        await app.person.enrol()
        for name in settings.routes:
            (settings.folders.inbox / name).mkdir(parents=True, exist_ok=True)
        try:
            yield Bench(app, write_invoices(folder / "ordinary", documents))
        finally:
            await app.end()
