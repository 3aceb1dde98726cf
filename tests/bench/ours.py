"""Our own cost: `zimogs run` as its user starts it (watch, work, desk and sweep in one process), seen from outside."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from tests.bench.person import UnaskedPerson
from worker.app.on_disk import OnDisk
from worker.demo.driver import drop
from worker.demo.plan import ROUTE

PROGRAM = (str(Path(sys.executable).with_name("zimogs")), "run")
"""What is measured."""
STAGED = (sys.executable, "-m", "tests.bench.staged")
"""The same with stopwatches in it, which tells what each stage costs."""
_LONGEST, _LONGEST_EACH = 120.0, 0.5
"""Seconds after which a round is given up: in any case, and for each document."""
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Startable:
    """A zimogs that can be started: its settings, the file they stand in, and what else its process is told."""

    settings: Settings
    config: Path
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        """Where its words go."""
        return self.config.parent / "zimogs.log"


@dataclass(frozen=True, slots=True)
class Ours:
    """A running zimogs, and a person who approves each batch as soon as it is prepared."""

    installed: Startable
    process: asyncio.subprocess.Process
    person: UnaskedPerson

    @property
    def pid(self) -> int:
        """Its process; what it started are its descendants."""
        return self.process.pid

    async def run(self, files: Sequence[Path]) -> None:
        """Drop the files, have them gathered, approve each batch, and wait until all of them are closed.

        Raises TimeoutError when that does not happen.
        """
        disk, end = OnDisk.of(self.installed.settings), time.monotonic() + _LONGEST + _LONGEST_EACH * len(files)
        sizes, approved = dict[BatchId, int](), set[tuple[BatchId, datetime]]()
        await asyncio.to_thread(drop, files, self.installed.settings.folders.inbox)
        is_gathered = False
        while True:
            open_batches = await disk.ledger.open_batches()
            for batch in open_batches:
                glance = await disk.ledger.glance(batch)
                sizes[batch] = glance.documents
                # A batch stands prepared for a moment after its approval; each preparation is approved once.
                if glance.state is State.PREPARED and (batch, glance.since) not in approved:
                    approved.add((batch, glance.since))
                    await self.person.approve(batch)
            waiting = len(await disk.shelf.waiting_list(ROUTE))
            is_all_there = waiting + sum(sizes.values()) >= len(files)
            if is_gathered and is_all_there and not waiting and not open_batches:
                return
            if is_all_there and not is_gathered:
                is_gathered = True
                await self.person.gather(ROUTE)
            if time.monotonic() > end or self.process.returncode is not None:
                raise TimeoutError(f"zimogs did not seal {len(files)} documents; its log tells why")
            # The longer the list, the dearer a look at it, and the machine has few cores.
            await asyncio.sleep(_PAUSE + len(files) / 20_000)

    async def read_stages(self) -> dict[str, float]:
        """Seconds of processor time by stage so far, where it runs with stopwatches."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        told: dict[str, float] = json.loads(await self.process.stdout.readline())
        return told

    def path_of_sealed(self, original: Path) -> Path:
        """Where the sealed file of a document stands."""
        ending = "" if self.installed.settings.routes[ROUTE].profile.format == "pdf" else ".edoc"
        return self.installed.settings.folders.outbox / ROUTE / f"{original.name}{ending}"


@asynccontextmanager
async def running_zimogs(
    installed: Startable, person: UnaskedPerson, command: Sequence[str] = PROGRAM
) -> AsyncIterator[Ours]:
    """Start it and wait until it says that it runs; it ends with the block. Raises RuntimeError when it does not."""
    with installed.log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(*command, "--config", str(installed.config), "--json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env=os.environ | installed.environment,
        )
    try:
        assert process.stdout is not None
        if not await process.stdout.readline():
            raise RuntimeError(f"zimogs did not start; it said:\n{installed.log.read_text()}")
        yield Ours(installed, process, person)
    finally:
        if process.returncode is None and command == STAGED:
            assert process.stdin is not None
            # It ends as its input does, for it has no ear for signals.
            process.stdin.close()
        elif process.returncode is None:
            process.terminate()
        await process.wait()
