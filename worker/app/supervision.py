"""Keeping each loop of a process running by itself: the error of one starts that one again, and ends nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from worker.error_text import error_text
from worker.metrics.loops import Loop

log = structlog.get_logger()

_FIRST_PAUSE = 1.0  # seconds, then twice as long each time
_LONGEST_PAUSE = 60.0  # seconds
_PROVEN = 10.0
"""Seconds after which a loop that was started again counts as running well."""
_HURRY = 1.0  # seconds until what was cancelled in vain is cancelled again

Run = Callable[[], Awaitable[None]]
"""Runs until it is cancelled; called once more for each start."""


class Supervisor:
    """Starts loops again when they fail, after a pause that grows; `observe` hears of each time.

    `clock` and `pause` are monotonic seconds and the way to let them pass.
    """

    def __init__(
        self,
        observe: Callable[[Loop], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._observe = observe
        self._clock = clock
        self._pause = pause
        self._faults: dict[Loop, tuple[str, float]] = {}

    @asynccontextmanager
    async def keeping(self, loops: Mapping[Loop, Run]) -> AsyncIterator[None]:
        """Keep all of them running for the time of the block."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.keep(loop, run)) for loop, run in loops.items()]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def keep(self, loop: Loop, run: Run) -> None:
        """Run the loop until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            began = self._clock()
            try:
                await _run_until_cancelled(run)
                fault = "it ended by itself"
            except Exception as error:
                # Whatever it is, it must not end the process: the other loops are innocent.
                fault = error_text(error)
                log.exception("loop broke", loop=loop)
            if self._clock() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            log.error("loop is started again", loop=loop, fault=fault, again_in=pause)
            self._faults[loop] = fault, self._clock() + pause + _PROVEN
            self._observe(loop)
            await self._pause(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def check(self) -> None:
        """Raises RuntimeError that says which loops are down, or were a moment ago."""
        now = self._clock()
        if down := [f"{loop} ({fault})" for loop, (fault, until) in self._faults.items() if now < until]:
            raise RuntimeError(f"failed and started again: {', '.join(down)}")


async def _run_until_cancelled(run: Run) -> None:
    """Run it, and have it end when we are cancelled: libraries below lose a cancellation now and then."""
    running = asyncio.ensure_future(run())
    try:
        await asyncio.wait({running})
    finally:
        while not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=_HURRY)
    running.result()
