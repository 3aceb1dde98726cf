"""Where a bench takes place: one practice vendor, one enrolled seal, and whoever takes part in a scenario."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from jobs.model.documents import Profile, SealFormat
from jobs.model.seals import Seal
from tests.bench.contestants import Contestant, running_client
from tests.bench.enrolling import case_of, enrol_seal
from tests.bench.ours import PROGRAM, STAGED, Startable, running_zimogs
from tests.bench.person import UnaskedPerson
from tests.bench.plan import OURS, Planned
from tests.bench.tls import TlsDoor, tls_door
from tests.whole.running_app import reserved_address
from worker.app.on_disk import OnDisk
from worker.demo.person import Browser
from worker.demo.plan import Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

KEY = "p-256"


@dataclass(frozen=True, slots=True)
class Place:
    """The vendor and the seal, and the addresses that each zimogs in turn listens at."""

    folder: Path
    vendor: PracticeVendor
    seal: Seal
    desk: str
    observed: str

    async def install(
        self, planned: Planned, *, vendor: PracticeVendor | None = None, door: TlsDoor | None = None
    ) -> Startable:
        """A folder with settings and an enrolled seal, as somebody has it who has sealed before."""
        folder = self.folder / planned.name / "zimogs"
        folder.mkdir(parents=True)
        vendor = vendor or self.vendor
        if door is not None:
            vendor = vendor.model_copy(update={"platform_url": door.url, "signapi_url": door.url})
        persona, seal = vendor.holder_of(KEY)
        profile = Profile(format=SealFormat(planned.format))
        sealing = Sealing(persona, seal.label, profile, max_documents=planned.max_documents)
        settings = write_plan(folder, vendor, sealing, self.desk)
        await OnDisk.of(settings).seals.save(self.seal)
        environment = {
            "ZIMOGS_OBSERVED__PORT": str(urlsplit(self.observed).port),
            # One person approves more often here than a whole organisation would.
            "ZIMOGS_DESK__DIALOGS_PER_ADDRESS": "1000000",
        }
        return Startable(settings, folder / "zimogs.toml", environment | (door.environment if door else {}))

    @asynccontextmanager
    async def taking_part(self, planned: Planned) -> AsyncIterator[dict[str, Contestant]]:
        """Everybody who takes part, started, and the person signed in, for the time of the block."""
        async with AsyncExitStack() as stack:
            door = None
            if planned.tls:
                port = urlsplit(self.vendor.signapi_url).port or 0
                door = await stack.enter_async_context(tls_door(self.folder / planned.name / "tls", port))
            installed = await self.install(planned, door=door)
            found: dict[str, Contestant] = {}
            for name in planned.contestants:
                if name == OURS:
                    person = await stack.enter_async_context(self._person(door))
                    command = STAGED if planned.staged else PROGRAM
                    found[name] = await stack.enter_async_context(running_zimogs(installed, person, command))
                    await person.sign_in()
                else:
                    case, target = case_of(installed.settings, self.seal), self.folder / planned.name / name
                    client = running_client(name, case, target, installed.environment)
                    found[name] = await stack.enter_async_context(client)
            await self._set_latency(planned.latency)
            stack.push_async_callback(self._set_latency, 0)
            yield found

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
async def opened_place(folder: Path) -> AsyncIterator[Place]:
    """Have the practice vendor running for the time of the block; it approves unasked."""
    async with (
        reserved_address() as desk,
        reserved_address() as observed,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", KEY, "--auto-approve", "anna") as vendor,
    ):
        persona, seal = vendor.holder_of(KEY)
        (folder / "enrolling").mkdir()
        settings = write_plan(folder / "enrolling", vendor, Sealing(persona, seal.label, Profile()), desk)
        yield Place(folder, vendor, await enrol_seal(settings), desk, observed)
