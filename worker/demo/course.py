"""The course of a rehearsal: drop the files, wait until all are taken in, have batches cut, approve each one."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs.history import History
from jobs.lifecycle import State
from jobs.names import RouteName
from worker.demo.rehearsal import Rehearsal
from worker.on_disk import OnDisk

Tell = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and how much there is."""

_LOOK = 0.1  # seconds between two looks
_LONGEST_STANDSTILL = 120.0  # seconds without any change after which a rehearsal is given up


class DemoStuck(Exception):
    """Nothing moved for two minutes; the message says where things stood."""


class Course:
    """Brings every file to its end, one stage after the other, and never waits without looking."""

    def __init__(self, disk: OnDisk, rehearsal: Rehearsal, route: RouteName, tell: Tell) -> None:
        self._disk = disk
        self._rehearsal = rehearsal
        self._route = route
        self._tell = tell
        self._standstill = _Standstill(_LONGEST_STANDSTILL)

    async def follow(self, files: Sequence[Path], inbox: Path) -> None:
        """Take the files all the way. Raises DemoStuck and LostOnPage."""
        await asyncio.to_thread(drop, files, inbox)
        while (seen := await self._taken_in()) < len(files):
            await self._pause("Taking in", seen, len(files))
            await self._approve_waiting()
        if await self._disk.shelf.waiting(self._route):
            await self._rehearsal.gather(self._route)
        while (over := await self._over()) < len(files):
            await self._pause("Sealing", over, len(files))
            await self._approve_waiting()
        self._tell("Sealing", len(files), len(files))

    async def _taken_in(self) -> int:
        waiting = len(await self._disk.shelf.waiting(self._route))
        gathered = sum(len(history.documents) for history in await self._histories())
        return waiting + gathered + await self._refused_at_the_door()

    async def _over(self) -> int:
        settled = set(await self._disk.ledger.batches()) - set(await self._disk.ledger.unclosed())
        documents = sum(len(h.documents) for h in await self._histories() if h.batch in settled)
        return documents + await self._refused_at_the_door()

    async def _refused_at_the_door(self) -> int:
        return sum(entry.explanation.batch is None for entry in await self._disk.quarantine.entries())

    async def _histories(self) -> list[History]:
        return [await self._disk.ledger.read(batch) for batch in await self._disk.ledger.batches()]

    async def _approve_waiting(self) -> None:
        for history in await self._histories():
            if history.state is State.PREPARED:
                await self._rehearsal.approve(history.batch)

    async def _pause(self, stage: str, done: int, total: int) -> None:
        states = [history.state for history in await self._histories()]
        self._tell(stage, done, total)
        self._standstill.seen((stage, done, *states))
        await asyncio.sleep(_LOOK)


class _Standstill:
    """Notices when nothing has changed for too long."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._last: tuple[object, ...] = ()
        self._since = time.monotonic()

    def seen(self, now: tuple[object, ...]) -> None:
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        elif time.monotonic() - self._since > self._longest:
            raise DemoStuck(f"nothing has moved for {self._longest:.0f} s; it stands at {now}")


def drop(files: Sequence[Path], inbox: Path) -> None:
    """Copy aside and rename, as a careful program drops files: none is ever seen half-written."""
    inbox.mkdir(parents=True, exist_ok=True)
    for file in files:
        aside = inbox / f"{file.name}.part"
        shutil.copyfile(file, aside)
        aside.rename(inbox / file.name)
