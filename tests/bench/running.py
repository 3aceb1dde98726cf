"""One whole run: the practice vendor once, and for each scenario everybody who takes part in it, started anew."""

import os
import platform
import shutil
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from config.reading import read_settings
from config.settings import Settings
from jobs.model.documents import Profile, SealFormat
from jobs.model.seals import Seal
from tests.bench.contestants import Contestant, running_client
from tests.bench.enrolling import case_of, enrol_seal
from tests.bench.ours import PROGRAM, STAGED, running_zimogs
from tests.bench.person import UnaskedPerson
from tests.bench.plan import BASE, OURS, Plan, Planned
from tests.bench.results import Command, MachineClass, Results, Scenario, StageCost, Start
from tests.bench.rounds import Rounds
from tests.bench.starting import measure_command, measure_idle, measure_start, silent_vendor
from tests.bench.tls import TlsDoor, tls_door
from tests.whole.running_app import reserved_address
from worker.app.on_disk import OnDisk
from worker.demo.person import Browser
from worker.demo.plan import Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

KEY = "p-256"
STATUS = "zimogs status"
HELP = "zimogs --help"

Tell = Callable[[str], None]


async def run_bench(plan: Plan, folder: Path, tell: Tell) -> Results:
    """Measure everything that the plan names, in a folder for the run. Raises NotSealed, and what starting raises."""
    async with _place(folder) as place:
        found = _Found()
        for planned in plan.scenarios:
            tell(f"{planned.name}: {', '.join(planned.contestants)}")
            await place.run(planned, plan, found)
        if plan.starts:
            tell("starting zimogs")
            found.starts = await place.start(plan)
    return Results(
        version=version("zimogs"),
        mode=plan.mode,
        machine=_machine(),
        scenarios=tuple(found.scenarios),
        stages=found.stages,
        idle=tuple(found.idle),
        starts=found.starts,
        commands=found.commands,
    )


def _machine() -> MachineClass:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return MachineClass(
        cores=len(os.sched_getaffinity(0)),
        memory_gb=max(1, round(memory / 1e9)),
        system=platform.system(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )


@dataclass
class _Found:
    """What was found so far."""

    scenarios: list[Scenario] = field(default_factory=list)
    stages: tuple[StageCost, ...] = ()
    idle: list[float] = field(default_factory=list)
    starts: tuple[Start, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """The vendor, an enrolled seal, and the addresses that each zimogs in turn listens at."""

    folder: Path
    vendor: PracticeVendor
    seal: Seal
    desk: str
    observed: str

    async def run(self, planned: Planned, plan: Plan, found: _Found) -> None:
        """Run one scenario, and what is measured beside the base."""
        async with AsyncExitStack() as stack:
            folder = self.folder / planned.name
            stack.callback(shutil.rmtree, folder)
            door = None
            if planned.tls:
                door = await stack.enter_async_context(
                    tls_door(folder / "tls", urlsplit(self.vendor.signapi_url).port or 0)
                )
            settings, config = await self.settle(folder / "zimogs", self.vendor_behind(door), planned.format)
            contestants = await self._contestants(stack, planned, settings, config, door)
            await self._set_latency(planned.latency)
            stack.push_async_callback(self._set_latency, 0)
            rounds = Rounds(planned, self.vendor, contestants, folder / "samples")
            measured, stages = await rounds.run()
            facts = {name: getattr(planned, name) for name in ("name", "documents", "size", "format", "latency", "tls")}
            found.scenarios.append(Scenario(**facts, rounds=measured))
            found.stages = stages or found.stages
            if planned.name == BASE:
                found.idle.append(await measure_idle(contestants[OURS].pid, plan.idle))
                asked = {HELP: ["--help"], STATUS: ["status", "--config", str(config)]}
                found.commands = tuple(
                    Command(name=name, cpu=tuple(measure_command(arguments) for _ in range(plan.commands)))
                    for name, arguments in asked.items()
                    if plan.commands
                )

    async def start(self, plan: Plan) -> tuple[Start, ...]:
        """Start zimogs anew and anew, with the vendor there, and with one that takes calls and never answers."""
        async with silent_vendor() as silent:
            away = self.vendor.model_copy(update={"platform_url": silent, "signapi_url": silent})
            vendors = {"the vendor answers": self.vendor, "the vendor never answers": away}
            starts = []
            for name, vendor in vendors.items():
                readings = []
                for number in range(plan.starts):
                    folder = self.folder / f"start {number}"
                    _, config = await self.settle(folder, vendor, SealFormat.PDF)
                    readings.append(await measure_start(config, self.observed, plan.patience))
                    shutil.rmtree(folder)
                walls, cpus = zip(*readings, strict=True)
                starts.append(Start(name=name, wall=walls, cpu=cpus))
            return tuple(starts)

    def vendor_behind(self, door: TlsDoor | None) -> PracticeVendor:
        """The vendor, at the door where there is one."""
        if door is None:
            return self.vendor
        return self.vendor.model_copy(update={"platform_url": door.url, "signapi_url": door.url})

    async def settle(self, folder: Path, vendor: PracticeVendor, kind: str) -> tuple[Settings, Path]:
        """A folder with settings and an enrolled seal, as somebody has it who has sealed before."""
        folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else is going on
        persona, seal = vendor.holder_of(KEY)
        profile = Profile(format=SealFormat(kind))
        write_plan(folder, vendor, Sealing(persona, seal.label, profile), self.desk)
        config = folder / "zimogs.toml"
        # One person approves more often here than a whole organisation would.
        text = config.read_text().replace("[desk]", "[desk]\ndialogs_per_address = 100000")
        config.write_text(text.replace("[observed]\nport = 0", f"[observed]\nport = {urlsplit(self.observed).port}"))
        settings = read_settings(config)
        await OnDisk.of(settings).seals.save(self.seal)
        return settings, config

    async def _contestants(
        self, stack: AsyncExitStack, planned: Planned, settings: Settings, config: Path, door: TlsDoor | None
    ) -> dict[str, Contestant]:
        environment = {} if door is None else door.environment
        found: dict[str, Contestant] = {}
        for name in planned.contestants:
            if name == OURS:
                person = await stack.enter_async_context(self._person(door))
                command = STAGED if planned.staged else PROGRAM
                ours = await stack.enter_async_context(running_zimogs(settings, config, person, command, environment))
                await person.sign_in()
                found[name] = ours
            else:
                target = config.parent.parent / name
                client = running_client(name, case_of(settings, self.seal), target, environment)
                found[name] = await stack.enter_async_context(client)
        return found

    @asynccontextmanager
    async def _person(self, door: TlsDoor | None) -> AsyncIterator[UnaskedPerson]:
        persona, _ = self.vendor.holder_of(KEY)
        trust = True if door is None else ssl.create_default_context(cafile=door.root)
        # Loopback addresses are IP addresses, whose cookies aiohttp drops unless told otherwise.
        jar, connector = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as http:
            yield UnaskedPerson(Browser(http), persona, self.desk)

    async def _set_latency(self, milliseconds: int) -> None:
        weather: Mapping[str, object] = {"latency": [{"distribution": "constant", "seconds": milliseconds / 1000}]}
        async with aiohttp.ClientSession(raise_for_status=True) as http:
            await http.post(f"{self.vendor.platform_url}/sandbox/weather", json=weather)


@asynccontextmanager
async def _place(folder: Path) -> AsyncIterator[_Place]:
    async with (
        reserved_address() as desk,
        reserved_address() as observed,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", KEY, "--auto-approve", "anna") as vendor,
    ):
        persona, label = vendor.holder_of(KEY)
        (folder / "enrolling").mkdir()
        settings = write_plan(folder / "enrolling", vendor, Sealing(persona, label.label, Profile()), desk)
        yield _Place(folder, vendor, await enrol_seal(settings), desk, observed)
