"""The course of a rehearsal: drop the files, wait until all are taken in, have batches cut, approve each one."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, RouteName
from worker.app.on_disk import OnDisk
from worker.demo.rehearsal import Rehearsal
from worker.storage.explanation import QuarantineEntry

Tell = Callable[[str, int, int], None]
"""RunOutcome what is going on, how much of it is done, and how much there is."""

_LOOK = 0.1  # seconds between two looks
_LONGEST_STANDSTILL = 120.0  # seconds without any change after which a rehearsal is given up


class DemoStuck(Exception):
    """Nothing moved for two minutes; the message says where things stood."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier rehearsals left in the same folder, which is none of this one's business."""

    batches: frozenset[BatchId]
    quarantined: frozenset[DocumentId]

    @classmethod
    async def found(cls, disk: OnDisk) -> Self:
        """Look before anything begins."""
        entries = await disk.quarantine.entries()
        return cls(frozenset(await disk.ledger.batches()), frozenset(entry.explanation.document for entry in entries))

    async def batches_since(self, disk: OnDisk) -> list[BatchId]:
        """Batches that were gathered after that."""
        return [batch for batch in await disk.ledger.batches() if batch not in self.batches]

    async def quarantined_since(self, disk: OnDisk) -> list[QuarantineEntry]:
        """What was put aside after that."""
        entries = await disk.quarantine.entries()
        return [entry for entry in entries if entry.explanation.document not in self.quarantined]


@dataclass(frozen=True, slots=True)
class _Sight:
    """How things stand at one look: documents by how far they came, and batches with the time they were prepared."""

    waiting: int
    gathered: int
    refused: int
    over: int
    prepared: tuple[tuple[BatchId, datetime], ...]
    states: tuple[str, ...]

    @property
    def taken_in(self) -> int:
        return self.waiting + self.gathered + self.refused

    @property
    def ended(self) -> int:
        return self.over + self.refused


class Course:
    """Brings every file to its end, one stage after the other, and never waits without looking."""

    def __init__(self, disk: OnDisk, earlier: Earlier, rehearsal: Rehearsal, route: RouteName, tell: Tell) -> None:
        self._disk = disk
        self._earlier = earlier
        self._rehearsal = rehearsal
        self._route = route
        self._tell = tell
        self._standstill = _Standstill(_LONGEST_STANDSTILL)
        self._closed: dict[BatchId, int] = {}
        self._approved: set[tuple[BatchId, datetime]] = set()

    async def follow(self, files: Sequence[Path], inbox: Path) -> None:
        """Take the files all the way. Raises DemoStuck and LostOnPage."""
        await asyncio.to_thread(drop, files, inbox)
        while (sight := await self._look()).taken_in < len(files):
            await self._go_on("Taking in", sight.taken_in, len(files), sight)
        if sight.waiting:
            await self._rehearsal.gather(self._route)
        while (sight := await self._look()).ended < len(files):
            await self._go_on("Sealing", sight.ended, len(files), sight)
        self._tell("Sealing", len(files), len(files))

    async def _look(self) -> _Sight:
        waiting = len(await self._disk.shelf.waiting_list(self._route))
        histories = await self._open_histories()
        quarantined = await self._earlier.quarantined_since(self._disk)
        over = sum(self._closed.values())
        return _Sight(
            waiting=waiting,
            gathered=over + sum(len(history.documents) for history in histories),
            refused=sum(entry.explanation.batch is None for entry in quarantined),
            over=over,
            prepared=tuple((h.batch, h.since) for h in histories if h.state is State.PREPARED),
            states=tuple(history.state for history in histories),
        )

    async def _open_histories(self) -> list[History]:
        """Batches that are not closed; those that are now are counted once and never read again."""
        unknown = [batch for batch in await self._earlier.batches_since(self._disk) if batch not in self._closed]
        histories = [await self._disk.ledger.read(batch) for batch in unknown]
        open_batches = set(await self._disk.ledger.open_batches())
        self._closed |= {h.batch: len(h.documents) for h in histories if h.batch not in open_batches}
        return [history for history in histories if history.batch in open_batches]

    async def _go_on(self, stage: str, done: int, total: int, sight: _Sight) -> None:
        self._tell(stage, done, total)
        self._standstill.seen((stage, done, *sight.states))
        for batch, since in sight.prepared:
            # A batch stands prepared for a moment after its approval; each preparation is approved once.
            if (batch, since) not in self._approved:
                self._approved.add((batch, since))
                await self._rehearsal.approve(batch)
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
        shutil.copytree(file, aside) if file.is_dir() else shutil.copyfile(file, aside)
        aside.rename(inbox / file.name)
