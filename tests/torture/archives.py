"""Archiving and dropping, killed before each change: no batch is lost, none stands twice, and the next run goes on.

Each death has everything to itself, in a copy. The commands go by a clock of a month later, when all of it is due.
"""

import asyncio
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path

from config.reading import read_settings
from jobs.model.errors import SealingError, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId
from tests.torture.clock import Clock
from tests.torture.house import TOGETHER, House, StandsStill
from tests.torture.processes import Run
from tests.torture.strikes import AtChange
from tests.torture.trials import Trial, compare, settle
from worker.app.in_bucket import bucket_of
from worker.app.on_disk import OnDisk

_LATER = timedelta(days=34)
"""Every month that is not over now has been for a day then; the newest checkpoint is younger than sixty days."""
_POLICY = '\n[archive]\nafter = "P1D"\n\n[retention]\noriginals = "P1D"\narchives = "P1D"\n'
_AT_ONCE = 6
"""Deaths side by side: in a bucket whoever comes after one waits for a quarter of a minute."""
_DEATHS = 5
_MOST_CHANGES = 25
"""Among which those are chosen before which somebody is killed while documents come in."""


@dataclass(frozen=True)
class _Years:
    """A house with settings of its own for that, and the commands, which go by the later clock."""

    house: House

    @cached_property
    def clock(self) -> Clock:
        clock = Clock(self.house.clock.path.with_name("later"))
        clock.set(int(_LATER.total_seconds()))
        return clock

    @cached_property
    def config(self) -> Path:
        """The settings of the house with a policy, in a folder of their own."""
        config = self.house.config.with_name("keeping.toml")
        config.write_text(self.house.config.read_text() + _POLICY)
        return config

    async def run(self, command: str, config: Path, at: AtChange | None = None) -> Run:
        return await self.house.processes.run(command, config, self.clock, at)

    async def prepare(self) -> None:
        """Have the newest batches in a checkpoint, without which none is archived."""
        await self.finish("audit checkpoint", self.config)

    async def finish(self, command: str, config: Path) -> Run:
        """Run it to its end. Raises StandsStill where it does not end well."""
        run = await self.run(command, config)
        if run.code:
            raise StandsStill(f"{command} ended with {run.code}, see {run.output.with_suffix('.log')}")
        return run


async def die_archiving(house: House, stem: str) -> Trial:
    """Whoever archives is killed before each change."""
    return await _die_everywhere(house, stem, "archive")


async def die_expiring(house: House, stem: str) -> Trial:
    """Whoever drops originals and an archive is killed before each change; a batch that is not archived yet stays."""
    return await _die_everywhere(house, stem, "expire")


async def archive_meanwhile(house: House, chance: random.Random) -> None:
    """Batches are archived and dropped again and again, and whoever does it is killed most of the times."""
    years = _Years(house)
    for _ in range(_DEATHS):
        await asyncio.sleep(chance.uniform(0.1, 2))
        await years.prepare()
        await years.run(chance.choice(("archive", "expire")), years.config, AtChange(chance.randint(1, _MOST_CHANGES)))
    await years.prepare()
    for command in ("archive", "expire", "audit verify"):
        await years.finish(command, years.config)


@dataclass(frozen=True)
class _Deaths:
    """Deaths in a command, by what was in the ledger before; those of its batches may be `expendable`, all or none."""

    years: _Years
    command: str
    before: Mapping[BatchId, History]
    expendable: frozenset[BatchId]

    async def die_everywhere(self) -> int:
        """Give the number of changes. Raises StandsStill where one death does harm."""
        for first in count(1, _AT_ONCE):
            died = await asyncio.gather(*map(self._die, range(first, first + _AT_ONCE)))
            if not all(died):
                return first - 1 + sum(died)
        raise AssertionError("count does not end")

    async def _die(self, number: int) -> bool:
        """Be killed before that change; says whether there is one."""
        folder = self.years.config.with_name(f"{self.command}-{number}")
        config = await asyncio.to_thread(_copy, self.years.config, folder)
        try:
            is_killed = await self._die_once(config, number)
        except (StandsStill, SealingError, OSError) as error:
            raise StandsStill(f"killed before change {number}: {error}; see {folder}") from error
        await asyncio.to_thread(shutil.rmtree, folder)
        return is_killed

    async def _die_once(self, config: Path, number: int) -> bool:
        run = await self.years.run(self.command, config, AtChange(number))
        if run.code and not run.is_killed:
            raise StandsStill(f"{self.command} ended with {run.code}")
        await self._find_gone(config)
        await self.years.finish(self.command, config)
        gone = await self._find_gone(config)
        await self.years.finish("audit verify", config)
        left = (await self.years.finish(f"{self.command} --dry-run", config)).facts
        if gone != self.expendable or any(left.get(what) for what in ("months", "kept", "items")):
            raise StandsStill(f"the next run does not end it: {left}")
        return run.is_killed

    async def _find_gone(self, config: Path) -> frozenset[BatchId]:
        """Which batches cannot be read any more; all others read as before."""
        ledger, gone = OnDisk.of(read_settings(config)).ledger, set()
        for batch, history in self.before.items():
            try:
                if (await ledger.read(batch)).records != history.records:
                    raise StandsStill(f"{batch} is another")
            except UnknownBatch:
                gone.add(batch)
        if gone and gone != self.expendable:
            raise StandsStill(f"{', '.join(sorted(gone))} cannot be read")
        return frozenset(gone)


async def _die_everywhere(house: House, stem: str, command: str) -> Trial:
    years, kills, expendable = _Years(house), 0, frozenset[BatchId]()
    settled, complaint = await settle(house, names := await house.drop(stem, 2 * TOGETHER))
    try:
        await years.prepare()
        if command == "expire":
            await years.finish("archive", years.config)
            expendable = frozenset(await house.disk.ledger.batches())
            await house.settle(await house.drop(f"{stem}-after"))
            await years.prepare()
        # What is copied must not change meanwhile.
        await house.processes.end()
        ledger = house.disk.ledger
        before = {batch: await ledger.read(batch) for batch in await ledger.batches()}
        kills = await _Deaths(years, command, before, expendable).die_everywhere()
    except StandsStill as error:
        complaint = complaint or str(error)
    if settled:
        settled = replace(settled, kills=kills)
        complaint = complaint or compare(settled, {"sealed": len(names), "seals_made": len(names)})
    return Trial(f"{command}, killed before each of {kills} changes", len(names), settled, complaint)


def _copy(config: Path, folder: Path) -> Path:
    """Have the settings in a folder of their own, with a copy of all that is stored by them; gives where they are."""
    folder.mkdir()
    copied, text, settings = folder / config.name, config.read_text(), read_settings(config)
    if settings.storage.is_in_bucket:
        prefix = settings.storage.prefix
        text = text.replace(f"/{prefix}?", f"/{prefix}-{folder.name}?")
    else:
        shutil.copytree(settings.folders.data, folder / "data", ignore=shutil.ignore_patterns("redis"))
    # It holds the client's secret.
    copied.touch(0o600)
    copied.write_text(text)
    if settings.storage.is_in_bucket:
        source, target = bucket_of(settings), bucket_of(read_settings(copied))
        source.each(lambda one: target.write(one.key, source.read(one.key)), [*source.list("")])
    return copied
