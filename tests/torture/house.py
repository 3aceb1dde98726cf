"""A house under torture: one data folder, its practice vendor, its approver, and zimogs, which dies often."""

import asyncio
import json
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import aiohttp

from config.reading import read_settings
from config.settings import Settings
from jobs.model.documents import Profile
from jobs.model.errors import BrokenLedger, SealingError
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Released
from sandbox import weather
from tests.support.object_storage import BucketServer
from tests.support.pdfs import a_pdf
from tests.torture.clock import Clock
from tests.torture.counting import Count
from tests.torture.ground import Ground, Grounded, on_folders
from tests.torture.machines import on_machines, on_networks
from tests.torture.pace import Pace
from tests.torture.processes import ALONE, TWO_NETWORKS, Processes
from tests.whole.running_app import reserved_address
from worker.app.on_disk import OnDisk
from worker.demo.driver import drop
from worker.demo.person import LostOnPage, PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

_PRESETS = Path(weather.__file__).with_name("presets")

TOGETHER = 2
"""Documents in a batch: the second must not suffer from what happens at the first."""
CROWD = 12
"""Documents in a batch where that is more than the vendor takes, which is ten."""
LONGEST = 180.0
"""Seconds after which documents are given up: something stands still for ever."""
_ASK_AGAIN = 3.0
"""Seconds until a person tries the page again that did not do what it should."""
_LONGEST_PAGES = 60.0
"""Seconds until a person who has seen no answer begins anew."""

Interfere = Callable[[], Awaitable[None]]


class StandsStill(Exception):
    """Nothing moves any more; the message says where things stand."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What documents came to, what it took, and the longest time after a death until something moved, in seconds.

    `crashes` are processes that ended by themselves; `approvals` and `seals_made` are the vendor's own counts.
    """

    sealed: int
    put_aside: int
    approvals: int
    kills: int
    crashes: int
    seals_made: int
    resumed_within: float


@dataclass
class House:
    """Zimogs and all it stands on. Where it `mourns`, a process that dies stays away; a `releaser` is asked first.

    Where it is `crowded`, documents come in batches of more than the vendor takes.
    """

    settings: Settings
    config: Path
    ground: Ground
    vendor: PracticeVendor
    person: PracticePerson
    clock: Clock
    http: aiohttp.ClientSession
    processes: Processes
    mourns: bool = False
    releaser: PracticePerson | None = None
    crowded: bool = False
    dropped: dict[str, bytes] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    @property
    def disk(self) -> OnDisk:
        """What lies in the folders."""
        return self.ground.disk

    @property
    def count(self) -> Count:
        """Where the documents are."""
        return self.ground.count(self.dropped)

    async def find_lease_holder(self) -> int:
        """Which process holds a batch just now. Raises StandsStill where none does."""
        pids, found = [process.pid for process in self.processes.alive.values() if process.pid], list[int]()

        async def is_found() -> bool:
            # The kernel's list may leave one out while others come and go.
            with suppress(LookupError):
                found.append(await asyncio.to_thread(self.ground.find_lease_holder, pids))
            return bool(found)

        await self.wait_for(is_found)
        return found[0]

    # The vendor

    async def counters(self) -> dict[str, Any]:
        """What the practice vendor itself counted."""
        return await self.vendor.counters()

    async def set_weather(self, weather: str) -> None:
        """Replace the weather by this, as JSON."""
        await self.http.post(f"{self.vendor.platform_url}/sandbox/weather", data=weather)

    async def choose_weather(self, name: str) -> None:
        """Have one of the practice vendor's own weathers, or sunshine."""
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
        self.processes.revive()
        await self.wait_for(self._sign_in_and_enrol)

    async def _sign_in_and_enrol(self) -> bool:
        with suppress(LostOnPage, aiohttp.ClientError, OSError):
            if self.releaser:
                await self._sign_in(self.releaser)
            await self.person.sign_in()
            await self.person.enrol()
            return True
        return False

    async def _sign_in(self, person: PracticePerson) -> None:
        # Who is signed in has no such button.
        with suppress(LostOnPage):
            await person.sign_in()

    async def drop(self, stem: str, count: int | None = None, inbox: Path | None = None) -> list[str]:
        """Drop that many documents, or a batch of them, into that inbox or the house's own; gives their names."""
        count = count or (CROWD if self.crowded else TOGETHER)
        contents = {f"{stem}-{number}.pdf": a_pdf(f"{stem} {number}") for number in range(count)}
        self.dropped |= contents
        aside = self.config.with_name("dropped")
        aside.mkdir(exist_ok=True)
        for name, content in contents.items():
            (aside / name).write_bytes(content)
        await asyncio.to_thread(drop, [aside / name for name in contents], inbox or self.settings.folders.inbox)
        return list(contents)

    async def settle(
        self, names: Sequence[str], interfere: Interfere | None = None, longest: float = LONGEST
    ) -> Settled:
        """Approve what waits and start again what dies until nothing is left to do, and the interference is over.

        Raises StandsStill where that takes longer than so many seconds.
        """
        before, kills, crashes, pace = await self.counters(), self.processes.kills, self.processes.crashes, Pace()
        interfering = asyncio.ensure_future(interfere()) if interfere else None

        async def is_settled() -> bool:
            if interfering and interfering.done():
                # What went wrong with it is told now: what it left behind may never settle.
                interfering.result()
            return await self._is_settled(names, pace) and (interfering is None or interfering.done())

        try:
            await self.wait_for(is_settled, longest)
            if interfering:
                await interfering
        finally:
            if interfering:
                interfering.cancel()
                await asyncio.wait({interfering})
        after = await self.counters()
        return Settled(
            sealed=sum(map(bool, (await self.count.sealed(names)).values())),
            put_aside=len(await self.count.put_aside() & set(names)),
            approvals=after["authorizations"] - before["authorizations"],
            kills=self.processes.kills - kills,
            crashes=self.processes.crashes - crashes,
            seals_made=after["finalizations"] - before["finalizations"],
            resumed_within=pace.longest,
        )

    async def _is_settled(self, names: Sequence[str], pace: Pace) -> bool:
        is_somebody_dead = self.processes.bury()
        if not self.mourns:
            self.processes.revive()
        open_batches = await self.open_batches()
        # Who takes over moves with a call to the vendor, too: a lost answer may have to be looked for for a minute.
        # Who is started again calls in any case.
        calls = sum((await self.counters())["calls"].values()) if self.mourns else 0
        seen = calls, tuple((history.batch, len(history.records)) for history in open_batches)
        if is_somebody_dead:
            pace.begin(seen)
        else:
            pace.look(seen)
        for history in open_batches:
            if history.state is State.PREPARED and self._is_time_for(f"{history.batch} {history.since}"):
                await self._move_on(history)
        if open_batches:
            return False
        put_aside, sealed = await self.count.put_aside(), await self.count.sealed(names)
        return all(sealed[name] or name in put_aside for name in names)

    async def _move_on(self, history: History) -> None:
        # The desk may be dead, starting, or a step further than we saw; then we come again.
        try:
            async with asyncio.timeout(_LONGEST_PAGES):
                if self.releaser and not history.has(Released):
                    await self._release(self.releaser, history)
                else:
                    await self.person.approve(history.batch)
        except LostOnPage as error:
            with self.config.with_name("person.log").open("a") as log:
                log.write(f"{error}\n")
            await self._sign_in_and_enrol()
        except (aiohttp.ClientError, OSError):
            return

    async def _release(self, releaser: PracticePerson, history: History) -> None:
        page = await releaser.browser.open(f"{releaser.desk}/batches/{history.batch}")
        await releaser.browser.submit(page, page.form(action="/release"))

    def _is_time_for(self, wish: str) -> bool:
        now = time.monotonic()
        if now - self._asked.get(wish, -_ASK_AGAIN) < _ASK_AGAIN:
            return False
        self._asked[wish] = now
        return True

    async def is_asking(self) -> bool:
        """Whether a batch waits for its approval."""
        return any(history.state is State.PREPARED for history in await self.open_batches())

    async def open_batches(self) -> list[History]:
        """The batches in which something may still have to happen; those that cannot be read are left out."""
        histories = []
        for batch in await self.disk.ledger.open_batches():
            with suppress(SealingError, BrokenLedger):
                histories.append(await self.disk.ledger.read(batch))
        return histories

    async def count_batches(self) -> int:
        """How many there ever were."""
        return await self.disk.ledger.latest(ROUTE)

    async def wait_for(self, holds: Callable[[], Awaitable[bool]], longest: float = LONGEST) -> None:
        """Look until it holds. Raises StandsStill."""
        try:
            async with asyncio.timeout(longest):
                while not await holds():  # noqa: ASYNC110  what is waited for happens in other processes
                    await asyncio.sleep(self.ground.look)
        except TimeoutError:
            states = [f"{history.batch} {history.state}" for history in await self.open_batches()]
            raise StandsStill(f"nothing has ended for {longest:.0f} s; {', '.join(states) or 'no batch'}") from None


@asynccontextmanager
async def a_house(
    folder: Path,
    profile: Profile,
    nursery: ForkServerContext,
    names: tuple[str, ...] = ALONE,
    *,
    four_eyes: bool = False,
    crowded: bool = False,
    server: BucketServer | None = None,
) -> AsyncIterator[House]:
    """A house in which nothing has been started but the vendor; everything ends with the block.

    With the `server` of a bucket each process is a machine of its own, with folders of its own; or several are, where
    they are those of networks.
    """
    limit = ("--variant", "calculate_limit=10") if crowded else ()
    async with (
        reserved_address() as desk,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", "p-256", *limit) as vendor,
        open_browser() as browser,
        open_browser() as another,
        aiohttp.ClientSession() as http,
    ):
        persona, seal = vendor.holder_of("p-256")
        write_plan(folder, vendor, Sealing(persona, seal.label, profile), desk)
        config = folder / "zimogs.toml"
        together = f"max_wait = 3\nmax_documents = {CROWD if crowded else TOGETHER}"
        alone = "max_wait = 3600\nmax_documents = 100"
        # One person approves more often here than a whole organisation would.
        often = "[desk]\ndialogs_per_address = 100000"
        config.write_text(config.read_text().replace(alone, together).replace("[desk]", often))
        person, releaser = PracticePerson(browser, persona, desk), None
        if four_eyes:
            second = next(each for each in vendor.personas if each.login == "janis")
            releaser = PracticePerson(another, second, desk)
            eyes = f'four_eyes = true\nreleasers = ["{second.personal_code}"]\n'
            config.write_text(config.read_text() + eyes)
        clock = Clock(folder / "clock")
        async with _grounded(folder, names, desk, server, vendor) as (configs, ground):
            processes = Processes(nursery, configs, clock, is_in_bucket=server is not None)
            try:
                config = next(iter(configs.values()))
                house = House(read_settings(config), config, ground, vendor, person, clock, http, processes)
                house.releaser, house.crowded = releaser, crowded
                yield house
            finally:
                await processes.end()


def _grounded(
    folder: Path, names: tuple[str, ...], desk: str, server: BucketServer | None, vendor: PracticeVendor
) -> AbstractAsyncContextManager[Grounded]:
    if server is None:
        return on_folders(folder, names)
    if names is TWO_NETWORKS:
        return on_networks(folder, names, desk, server, vendor)
    return on_machines(folder, names, desk, server)
