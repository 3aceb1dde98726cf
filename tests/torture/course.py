"""The course of a lane: its trials one after the other in one house, and in another one behind a trial gone wrong."""

import asyncio
import traceback
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.support.object_storage import bucket_server
from tests.torture.account import Account
from tests.torture.faults import small_disks
from tests.torture.house import House, a_house
from tests.torture.lanes import Lane
from tests.torture.processes import TWO_WORKERS
from tests.torture.trials import Trial


@dataclass(slots=True)
class Course:
    """A lane on its way; `again` begins the command that makes one of its trials alone."""

    lane: Lane
    folder: Path
    nursery: ForkServerContext
    account: Account
    again: str
    is_in_bucket: bool
    _houses: Iterator[int] = field(default_factory=lambda: count(1))
    _stems: Iterator[int] = field(default_factory=lambda: count(1))

    async def run(self) -> None:
        """Make all trials. What breaks, breaks one trial."""
        left = deque(self.lane.trials)
        while left:
            folder = self.folder.with_name(f"{self.folder.name}-{next(self._houses)}")
            await asyncio.to_thread(folder.mkdir)
            try:
                async with self._open(folder) as house:
                    house.mourns = self.lane.processes is TWO_WORKERS
                    await house.begin()
                    await self._go_on(house, left)
            except Exception as error:  # noqa: BLE001  the other lanes go on, and this one in another house
                self._tell(left.popleft() if left else "the end", error)

    async def _go_on(self, house: House, left: deque[str]) -> None:
        """Make those that are left, up to one that goes wrong, and count all documents of the house."""
        is_well = True
        while left and is_well:
            name = left.popleft()
            try:
                trial = await self.lane.trials[name](house, f"{self.folder.name}d{next(self._stems):04}")
            except Exception as error:  # noqa: BLE001  as above
                self._tell(name, error)
                break
            self._add(name, trial)
            is_well = not trial.complaint
        lost, doubled = await house.count.take()
        self.account.lost += lost
        self.account.doubled += doubled

    def _tell(self, name: str, error: Exception) -> None:
        traceback.print_exception(error)
        self._add(name, Trial(f"{self.lane.name}: {name}", 0, None, f"{type(error).__name__}: {error}"))

    def _add(self, name: str, trial: Trial) -> None:
        self.account.add(self.lane.name, trial, f"{self.again} --only '^{self.lane.name}: {name}'")

    @asynccontextmanager
    async def _open(self, folder: Path) -> AsyncIterator[House]:
        lane = self.lane
        with ExitStack() as stack:
            # One for each house: where it is stopped, the others go on.
            server = stack.enter_context(bucket_server()) if self.is_in_bucket else None
            if server is None:
                stack.enter_context(small_disks(folder / "data", folder / "outbox"))
            eyes, crowd = lane.four_eyes, lane.crowded
            async with a_house(
                folder, lane.profile, self.nursery, lane.processes, four_eyes=eyes, crowded=crowd, server=server
            ) as house:
                yield house
