"""Drives a rehearsal: drops the files, waits until all are taken in, has batches cut, approves each one."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, RouteName
from worker.app.on_disk import OnDisk
from worker.demo.person import PracticePerson
from worker.storage.explanation import QuarantineEntry

ShowProgress = Callable[[str, int, int], None]
"""Takes what is going on, how much of it is done, and how much there is."""

_PAUSE = 0.1  # seconds between two snapshots
_LONGEST_STANDSTILL = 120.0  # seconds without any change after which a rehearsal is given up
_STANDSTILL_PER_DOCUMENT = 0.2  # seconds more, since a batch of thousands shows nothing until all of it is uploaded


class DemoStuck(Exception):
    """Nothing moved for minutes; the message says where things stood."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What earlier rehearsals left in the same folder, which is none of this one's business."""

    batches: frozenset[BatchId]
    quarantine: frozenset[DocumentId]

    @classmethod
    async def read(cls, disk: OnDisk) -> Self:
        """Look before anything begins."""
        entries = await disk.quarantine.entries()
        return cls(frozenset(await disk.ledger.batches()), frozenset(entry.explanation.document for entry in entries))

    async def new_batches(self, disk: OnDisk) -> list[BatchId]:
        """Batches that were gathered since."""
        return [batch for batch in await disk.ledger.batches() if batch not in self.batches]

    async def new_in_quarantine(self, disk: OnDisk) -> list[QuarantineEntry]:
        """What was put aside since."""
        entries = await disk.quarantine.entries()
        return [entry for entry in entries if entry.explanation.document not in self.quarantine]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Documents by how far they came, and batches with the time they were prepared."""

    waiting: int
    in_batches: int
    refused: int
    over: int
    prepared: tuple[tuple[BatchId, datetime], ...]
    states: tuple[str, ...]

    @property
    def intake_count(self) -> int:
        """Documents that have left the inbox."""
        return self.waiting + self.in_batches + self.refused

    @property
    def final_count(self) -> int:
        """Documents to which nothing more happens."""
        return self.over + self.refused


class Driver:
    """Brings every file to its end, one stage after the other, and never waits without looking."""

    def __init__(
        self,
        disk: OnDisk,
        baseline: Baseline,
        person: PracticePerson,
        route: RouteName,
        show_progress: ShowProgress,
    ) -> None:
        self._disk = disk
        self._baseline = baseline
        self._person = person
        self._route = route
        self._show_progress = show_progress
        self._closed: dict[BatchId, int] = {}
        self._approved: set[tuple[BatchId, datetime]] = set()

    async def drive(self, files: Sequence[Path], inbox: Path) -> None:
        """Take the files all the way. Raises DemoStuck and LostOnPage."""
        self._standstill = _Standstill(_LONGEST_STANDSTILL + _STANDSTILL_PER_DOCUMENT * len(files))
        await asyncio.to_thread(drop, files, inbox)
        while (snapshot := await self._take_snapshot()).intake_count < len(files):
            await self._approve_and_wait("Taking in", snapshot.intake_count, len(files), snapshot)
        if snapshot.waiting:
            await self._person.gather(self._route)
        while (snapshot := await self._take_snapshot()).final_count < len(files):
            if snapshot.waiting and not snapshot.states:
                # A batch that is cut while we count is counted twice: then the last documents came after we asked.
                await self._person.gather(self._route)
            await self._approve_and_wait("Sealing", snapshot.final_count, len(files), snapshot)
        self._show_progress("Sealing", len(files), len(files))

    async def _take_snapshot(self) -> _Snapshot:
        waiting = len(await self._disk.shelf.waiting_list(self._route))
        # Batches that are closed by now are counted once and never read again.
        unknown = [batch for batch in await self._baseline.new_batches(self._disk) if batch not in self._closed]
        histories = [await self._disk.ledger.read(batch) for batch in unknown]
        open_batches = set(await self._disk.ledger.open_batches())
        self._closed |= {h.batch: len(h.documents) for h in histories if h.batch not in open_batches}
        histories = [history for history in histories if history.batch in open_batches]
        quarantine = await self._baseline.new_in_quarantine(self._disk)
        over = sum(self._closed.values())
        return _Snapshot(
            waiting=waiting,
            in_batches=over + sum(len(history.documents) for history in histories),
            refused=sum(entry.explanation.batch is None for entry in quarantine),
            over=over,
            prepared=tuple((h.batch, h.since) for h in histories if h.state is State.PREPARED),
            states=tuple(history.state for history in histories),
        )

    async def _approve_and_wait(self, stage: str, done: int, total: int, snapshot: _Snapshot) -> None:
        self._show_progress(stage, done, total)
        self._standstill.check((stage, done, *snapshot.states))
        for batch, since in snapshot.prepared:
            # A batch stands prepared for a moment after its approval; each preparation is approved once.
            if (batch, since) not in self._approved:
                self._approved.add((batch, since))
                await self._person.approve(batch)
        await asyncio.sleep(_PAUSE)


class _Standstill:
    """Notices when nothing has changed for too long."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._last: tuple[object, ...] = ()
        self._since = time.monotonic()

    def check(self, now: tuple[object, ...]) -> None:
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
