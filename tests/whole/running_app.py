"""zimogs and the practice vendor as two programs, which a test may kill and start again."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from config.reading import read_settings
from config.settings import Settings
from jobs.model.documents import Profile
from jobs.model.history import History
from jobs.model.names import BatchId
from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import ZIMOGS
from worker.app.on_disk import OnDisk
from worker.demo.driver import drop
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

T = TypeVar("T")

PDF = Profile()


@dataclass
class RunningApp:
    """One `zimogs run`. `person` is Anna at its desk, without a browser window."""

    settings: Settings
    vendor: PracticeVendor
    person: PracticePerson
    config: Path
    process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def disk(self) -> OnDisk:
        return OnDisk.of(self.settings)

    async def start(self) -> None:
        """Start zimogs and wait until it says that it runs."""
        log = self.config.parent / "zimogs.log"
        with log.open("ab") as stderr:
            self.process = await asyncio.create_subprocess_exec(
                ZIMOGS, "run", "--config", self.config, "--json", stdout=asyncio.subprocess.PIPE, stderr=stderr
            )
        assert self.process.stdout is not None
        try:
            announced = await asyncio.wait_for(self.process.stdout.readuntil(b"\n"), PATIENCE)
        except (asyncio.IncompleteReadError, TimeoutError) as error:
            raise AssertionError(f"zimogs did not start; it said:\n{log.read_text()}") from error
        assert json.loads(announced)["desk"] == self.settings.desk.public_url

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.process.wait()

    async def drop(self, *files: Path) -> None:
        await asyncio.to_thread(drop, files, self.settings.folders.inbox)

    async def history(self, batch: BatchId) -> History:
        return await self.disk.ledger.read(batch)

    async def settled(self) -> bool:
        """Whether there are batches, and all of them are closed."""
        ledger = self.disk.ledger
        return bool(await ledger.batches()) and not await ledger.open_batches()

    def outbox(self) -> list[Path]:
        return sorted((self.settings.folders.outbox / ROUTE).glob("*.pdf"))


async def until(holds: Callable[[], Awaitable[T]]) -> T:
    """Wait until it holds, looking ten times a second; gives what it gave. Fails when patience ends."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await holds()
            if found:
                return found
            await asyncio.sleep(0.1)


@asynccontextmanager
async def a_running_app(
    folder: Path, key: str = "p-256", profile: Profile = PDF, more: str = ""
) -> AsyncIterator[RunningApp]:
    """The practice vendor and zimogs, started; both end with the block. `more` is added to the settings (TOML)."""
    async with (
        reserved_address() as desk,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", key) as vendor,
        open_browser() as browser,
    ):
        persona, seal = vendor.holder_of(key)
        write_plan(folder, vendor, Sealing(persona, seal.label, profile), desk)
        config = folder / "zimogs.toml"
        with config.open("a") as file:
            file.write(more)
        app = RunningApp(read_settings(config), vendor, PracticePerson(browser, persona, desk), config)
        await app.start()
        try:
            yield app
        finally:
            await app.end()


@asynccontextmanager
async def reserved_address() -> AsyncIterator[str]:
    """A URL of this machine that zimogs may listen at, and nobody else, for the time of the block.

    A port that is only looked up may be gone when zimogs starts seconds later, or while it is down between two starts.
    A socket that is bound and never listens keeps the kernel from giving it away, and SO_REUSEADDR lets zimogs in.
    """
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"
