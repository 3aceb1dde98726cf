"""Documents that keep coming in on several machines, whatever happens to those."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.torture.house import House
from tests.torture.pace import Pace

_UNDER_WAY = 12
"""Documents that are on their way at any time: as soon as some are sealed, others come."""
_PAUSE, _MOST_UNDER_WAY = 3.0, 36
"""Seconds after which others come though none are sealed, and how many may be on their way then."""


@dataclass(slots=True)
class Load:
    """Documents that come in on all machines in turn; `pace` is how long nothing was sealed meanwhile."""

    house: House
    stem: str
    machines: tuple[Path, ...]
    names: list[str] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    _parts: Iterator[int] = field(default_factory=count)
    _turns: Iterator[int] = field(default_factory=count)

    async def drop(self, machine: Path) -> list[str]:
        """Drop a batch into that machine's inbox; gives its names."""
        names = await self.house.drop(f"{self.stem}-{next(self._parts)}", inbox=machine / "inbox")
        self.names.extend(names)
        return names

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Have documents come in for the time of the block: as many as are sealed, and others even while nothing is."""
        feeding = asyncio.ensure_future(self._keep_up())
        try:
            yield
        finally:
            feeding.cancel()
            await asyncio.wait({feeding})
        if not feeding.cancelled():
            feeding.result()

    async def _keep_up(self) -> None:
        sealed, dropped_at = 0, time.monotonic()
        while True:
            self.pace.begin(sealed)
            while (now_sealed := await self._count_sealed()) == sealed:
                under_way, waited = len(self.names) - sealed, time.monotonic() - dropped_at
                if under_way < _UNDER_WAY or (under_way < _MOST_UNDER_WAY and waited > _PAUSE):
                    await self.drop(self.machines[next(self._turns) % len(self.machines)])
                    dropped_at = time.monotonic()
                else:
                    await asyncio.sleep(self.house.ground.look)
            sealed = now_sealed
            self.pace.look(sealed)

    async def _count_sealed(self) -> int:
        return sum(map(bool, (await self.house.count.sealed(self.names)).values()))
