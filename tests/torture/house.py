"""A house under torture: one data folder, its practice vendor, its approver, and zimogs, which dies often."""

import asyncio
import json
import signal
import time
import tomllib
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp

from config.reading import read_settings
from config.settings import Settings
from jobs.model.documents import Profile
from jobs.model.errors import SealingError
from jobs.model.history import History
from jobs.model.lifecycle import State
from sandbox import weather
from tests.support.pdfs import a_pdf
from tests.torture.strikes import AtRecord
from tests.torture.clock import Clock
from tests.torture.victim import begin, nursery
from tests.whole.running_app import reserved_address
from worker.app.on_disk import OnDisk
from worker.demo.driver import drop
from worker.demo.person import LostOnPage, PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

_PRESETS = Path(weather.__file__).with_name("presets")

TOGETHER = 2
"""Documents in a batch: the second must not suffer from what happens at the first."""
_LONGEST = 180.0
"""Seconds after which documents are given up: something stands still for ever."""
_ASK_AGAIN = 3.0
"""Seconds until a person tries the page again that did not do what it should."""
_LOOK = 0.05
"""Seconds between two looks."""


class StandsStill(Exception):
    """Nothing moves any more; the message says where things stand."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a house came to: documents by where they ended, what it took, and how long the longest silence was."""

    sealed: int
    put_aside: int
    approvals: int
    kills: int
    seals_made: int
    resumed_within: float


@dataclass
class House:
    """Zimogs and all it stands on. `commands` are the processes that are kept alive."""

    settings: Settings
    config: Path
    vendor: PracticeVendor
    person: PracticePerson
    nursery: ForkServerContext
    clock: Clock
    http: aiohttp.ClientSession
    commands: tuple[str, ...] = ("run",)
    kills: int = 0
    dropped: dict[str, bytes] = field(default_factory=dict)
    victims: dict[str, BaseProcess] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    @property
    def disk(self) -> OnDisk:
        """What lies in the folders."""
        return OnDisk.of(self.settings)

    # Processes

    def revive(self, strike: AtRecord | None = None) -> None:
        """Start again what is dead."""
        for command in self.commands:
            victim = self.victims.get(command)
            if victim is None or not victim.is_alive():
                self.victims[command] = begin(self.nursery, command, self.config, strike)

    async def end(self) -> None:
        """Ask every process to stop, and wait for its end."""
        for victim in self.victims.values():
            if victim.is_alive():
                victim.terminate()
        for victim in self.victims.values():
            await asyncio.to_thread(victim.join)
        self.victims.clear()

    async def kill(self) -> None:
        """Kill every process; they are started again when somebody looks."""
        for victim in self.victims.values():
            victim.kill()
            await asyncio.to_thread(victim.join)

    async def strike_down(self, strike: AtRecord) -> None:
        """Start the processes anew so that the first to come to that place is killed there."""
        await self.end()
        self.config.with_name("struck").unlink(missing_ok=True)
        self.revive(strike)

    # The vendor

    async def counters(self) -> dict[str, Any]:
        """What the practice vendor itself counted."""
        return await self.vendor.counters()

    async def held(self, operation: str) -> int:
        """How many calls of that operation the weather holds up just now."""
        count: int = (await self.counters())["held"].get(operation, 0)
        return count

    async def set_weather(self, weather: str) -> None:
        """Replace the weather by this, as JSON."""
        await self.http.post(f"{self.vendor.platform_url}/sandbox/weather", data=weather)

    async def choose_weather(self, name: str) -> None:
        """Have one of the practice vendor's own weathers."""
        if name == "sunshine":
            await self.clear_weather()
        else:
            preset = tomllib.loads((_PRESETS / f"{name}.toml").read_text())
            await self.set_weather(json.dumps(preset))

    async def clear_weather(self) -> None:
        """Let the sun shine."""
        await self.http.delete(f"{self.vendor.platform_url}/sandbox/weather")

    # People

    async def begin(self) -> None:
        """Start, sign in and enrol the seal."""
        self.revive()
        await self.wait_for(self._is_enrolled)

    async def _is_enrolled(self) -> bool:
        with suppress(LostOnPage, aiohttp.ClientError, OSError):
            await self.person.sign_in()
            await self.person.enrol()
            return True
        return False

    async def drop(self, stem: str, count: int = TOGETHER) -> list[str]:
        """Drop that many documents; gives their names."""
        contents = {f"{stem}-{number}.pdf": a_pdf(f"{stem} {number}") for number in range(count)}
        self.dropped |= contents
        aside = self.config.with_name("dropped")
        aside.mkdir(exist_ok=True)
        for name, content in contents.items():
            (aside / name).write_bytes(content)
        await asyncio.to_thread(drop, [aside / name for name in contents], self.settings.folders.inbox)
        return list(contents)

    async def settle(self, names: Sequence[str], interfere: Callable[[], Awaitable[None]] | None = None) -> Settled:
        """Approve what waits and start again what dies until nothing is left to do. Raises StandsStill."""
        before, kills, pace = await self.counters(), self.kills, Pace()
        interfering = asyncio.create_task(interfere()) if interfere else None
        try:
            await self.wait_for(lambda: self._is_settled(names, pace))
        finally:
            if interfering:
                interfering.cancel()
                await asyncio.gather(interfering, return_exceptions=True)
        after = await self.counters()
        return Settled(
            sealed=sum(bool(self.sealed(name)) for name in names),
            put_aside=len(await self.put_aside(names)),
            approvals=after["authorizations"] - before["authorizations"],
            kills=self.kills - kills,
            seals_made=after["finalizations"] - before["finalizations"],
            resumed_within=pace.longest,
        )

    async def _is_settled(self, names: Sequence[str], pace: "Pace") -> bool:
        dead = [victim for victim in self.victims.values() if not victim.is_alive()]
        self.kills += sum(victim.exitcode == -signal.SIGKILL for victim in dead)
        self.revive()
        open_batches = await self.open_batches()
        seen = tuple((history.batch, len(history.records)) for history in open_batches)
        pace.begin(seen) if dead else pace.look(seen)
        for history in open_batches:
            if history.state is State.PREPARED and self._is_time_for(f"{history.batch} {history.since}"):
                await self._approve(history)
        put_aside = await self.put_aside(names)
        return not open_batches and all(self.sealed(name) or name in put_aside for name in names)

    async def _approve(self, history: History) -> None:
        # The desk may be dead, starting, or a step further than we saw; then we come again.
        try:
            await self.person.approve(history.batch)
        except LostOnPage:
            await self._is_enrolled()
        except (aiohttp.ClientError, OSError):
            return

    def _is_time_for(self, wish: str) -> bool:
        now = time.monotonic()
        if now - self._asked.get(wish, -_ASK_AGAIN) < _ASK_AGAIN:
            return False
        self._asked[wish] = now
        return True

    async def is_asking(self) -> bool:
        """Whether a batch waits for its approval."""
        return any(history.state is State.PREPARED for history in await self.open_batches())

    async def wait_for(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Look until it holds. Raises StandsStill."""
        try:
            async with asyncio.timeout(_LONGEST):
                while not await holds():
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            states = [f"{history.batch} {history.state}" for history in await self.open_batches()]
            raise StandsStill(f"nothing has ended for {_LONGEST:.0f} s; {', '.join(states) or 'no batch'}") from None

    # What came of it

    async def open_batches(self) -> list[History]:
        """The batches in which something may still have to happen; those that cannot be read are left out."""
        histories = []
        for batch in await self.disk.ledger.open_batches():
            with suppress(SealingError):
                histories.append(await self.disk.ledger.read(batch))
        return histories

    def sealed(self, name: str) -> list[Path]:
        """The sealed files of that document: none, one, or, if it went wrong, more."""
        stem = name.removesuffix(".pdf")
        found = (self.settings.folders.outbox / ROUTE).glob(f"{stem}*")
        return sorted(path for path in found if path.name[len(stem)] in ". " and path.suffix != ".json")

    async def put_aside(self, names: Sequence[str]) -> set[str]:
        """Those of the documents that lie in quarantine, byte-identical."""
        entries = await self.disk.quarantine.entries()
        return {
            entry.explanation.name
            for entry in entries
            if entry.explanation.name in names and entry.path.read_bytes() == self.dropped[entry.explanation.name]
        }

    async def account(self) -> tuple[int, int]:
        """How many of all documents are lost, and how many are doubled."""
        aside = await self.put_aside(list(self.dropped))
        found = {name: self.sealed(name) for name in self.dropped}
        lost = sum(
            name not in aside and not any(_holds(path, self.dropped[name]) for path in files)
            for name, files in found.items()
        )
        return lost, sum(len(files) + (name in aside) > 1 for name, files in found.items())


def _holds(sealed: Path, original: bytes) -> bool:
    if sealed.suffix == ".pdf":
        return sealed.read_bytes().startswith(original)
    with zipfile.ZipFile(sealed) as container:
        return any(container.read(entry) == original for entry in container.infolist())


class Pace:
    """How long it took, after a death, until something moved again."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._since: float | None = None
        self._seen: object = None

    def begin(self, seen: object) -> None:
        """Somebody died just now, when this was seen."""
        self._seen, self._since = seen, time.monotonic()

    def look(self, seen: object) -> None:
        """What is seen now."""
        if seen != self._seen and self._since is not None:
            self.longest = max(self.longest, time.monotonic() - self._since)
            self._since = None
        self._seen = seen


@asynccontextmanager
async def a_house(
    folder: Path, profile: Profile, clock: Clock, commands: tuple[str, ...] = ("run",)
) -> AsyncIterator[House]:
    """A house in which nothing has been started but the vendor; everything ends with the block.

    One process has one nursery, and so one clock.
   """
    async with (
        reserved_address() as desk,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", "p-256") as vendor,
        open_browser() as browser,
        aiohttp.ClientSession() as http,
    ):
        persona, seal = vendor.holder_of("p-256")
        write_plan(folder, vendor, Sealing(persona, seal.label, profile), desk)
        config = folder / "zimogs.toml"
        together = f"max_wait = 3\nmax_documents = {TOGETHER}"
        config.write_text(config.read_text().replace("max_wait = 3600", together))
        person = PracticePerson(browser, persona, desk)
        house = House(read_settings(config), config, vendor, person, nursery(clock), clock, http, commands)
        try:
            yield house
        finally:
            await house.end()
