"""A rolling restart: machines are stopped or killed one by one, and started again, while documents come in on all."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from pathlib import Path

from tests.torture.house import House
from tests.torture.machines import SharedBucket
from tests.torture.pace import Pace
from tests.torture.trials import Trial, compare, settle

_ROUNDS = 4
"""Through all machines: every second one kills them, the others ask them to stop."""
_UNDER_WAY = 12
"""Documents that are on their way at any time: as soon as some are sealed, others come."""
_PAUSE, _MOST_UNDER_WAY = 3.0, 36
"""Seconds after which others come though none are sealed, and how many may be on their way then."""
_LONGEST = 900.0
"""Seconds after which documents are given up."""


@dataclass(slots=True)
class _Load:
    """Documents that come in on all machines in turn; `pace` is how long nothing was sealed meanwhile."""

    house: House
    stem: str
    machines: tuple[Path, ...]
    names: list[str] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    _parts: Iterator[int] = field(default_factory=count)

    async def drop(self, machine: Path) -> None:
        """Drop a batch into that machine's inbox."""
        self.names.extend(await self.house.drop(f"{self.stem}-{next(self._parts)}", inbox=machine / "inbox"))

    async def keep_up(self) -> None:
        """Have documents come in until cancelled: as many as are sealed, and others even while nothing is."""
        machines, sealed = cycle(self.machines), 0
        dropped_at = time.monotonic()
        while True:
            self.pace.begin(sealed)
            while (now_sealed := await self._count_sealed()) == sealed:
                under_way, waited = len(self.names) - sealed, time.monotonic() - dropped_at
                if under_way < _UNDER_WAY or (under_way < _MOST_UNDER_WAY and waited > _PAUSE):
                    await self.drop(next(machines))
                    dropped_at = time.monotonic()
                else:
                    await asyncio.sleep(self.house.ground.look)
            sealed = now_sealed
            self.pace.look(sealed)

    async def _count_sealed(self) -> int:
        return sum(map(bool, (await self.house.count.sealed(self.names)).values()))


async def roll(house: House, stem: str, *, chance: random.Random) -> Trial:
    """Nothing is lost, doubled or sealed twice, and at no time nothing is sealed for longer than a take-over takes."""
    assert isinstance(house.ground, SharedBucket)
    machines = dict(zip(house.processes.names, house.ground.machines, strict=True))
    load = _Load(house, stem, house.ground.machines)
    # Whoever is stopped is started again by whoever stopped it, and by nobody else.
    house.mourns = True

    async def restart_all() -> None:
        feeding = asyncio.ensure_future(load.keep_up())
        try:
            for number in range(_ROUNDS):
                for name, machine in machines.items():
                    await asyncio.sleep(chance.uniform(0, 3))
                    await house.processes.restart(name, is_killed=number % 2 == 1)
                    # The next one goes once this one works again.
                    await load.drop(machine)
                    await house.wait_for(partial(_is_empty, machine / "inbox"))
        finally:
            feeding.cancel()
            await asyncio.wait({feeding})
        if not feeding.cancelled():
            feeding.result()

    settled, complaint = await settle(house, load.names, restart_all, _LONGEST)
    house.mourns = False
    restarts = _ROUNDS * len(machines)
    if settled:
        expected = {"kills": restarts // 2, "crashes": 0, "sealed": len(load.names), "seals_made": len(load.names)}
        complaint = compare(settled, expected)
        if load.pace.longest > house.ground.taken_over_within:
            complaint = f"{complaint} nothing was sealed for {load.pace.longest:.1f} s".strip()
    title = (
        f"{restarts} restarts of {len(machines)} machines under load, sealing never away for {load.pace.longest:.0f} s"
    )
    return Trial(title, len(load.names), settled, complaint)


async def _is_empty(inbox: Path) -> bool:
    return not await asyncio.to_thread(lambda: any(inbox.glob("*.pdf")))
