"""The processes of zimogs in a house. They are struck down, and started again when somebody looks."""

import asyncio
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.torture.clock import Clock
from tests.torture.strikes import AtChange, AtObject, AtRecord
from tests.torture.victim import Victim, begin

ALONE = ("run",)
"""One process that does everything."""
TWO_WORKERS = ("watch", "desk", "worker 1", "worker 2")
"""Every part in a process of its own, and two that work."""
TWO_WATCHERS = ("watch 1", "watch 2", "desk", "worker 1")
"""Two that take documents in."""
TWO_MACHINES = ("run 1", "run 2")
"""Two that do everything."""
THREE_MACHINES = (*TWO_MACHINES, "run 3")
TWO_NETWORKS = ("watch 1", "worker 1", "desk 1", "watch 2", "worker 2", "desk 2")
"""Two machines of several processes, told apart by their numbers, each in a network of its own."""
_LOOK = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended, and where lies what it printed."""

    code: int
    output: Path

    @property
    def is_killed(self) -> bool:
        """Whether it was killed before its end."""
        return self.code == -signal.SIGKILL

    @property
    def facts(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.output.read_text())


class Processes:
    """Those named, which are commands of zimogs, each by its settings. `at_death` is called once, at a death found.

    `kills` were killed, `crashes` ended by themselves.
    """

    def __init__(
        self, nursery: ForkServerContext, configs: Mapping[str, Path], clock: Clock, *, is_in_bucket: bool = False
    ) -> None:
        self._nursery = nursery
        self._configs = configs
        self._clock = clock
        self._marker = clock.path.with_name("struck")
        self._is_in_bucket = is_in_bucket
        self.alive: dict[str, BaseProcess] = {}
        self.kills = self.crashes = 0
        self.at_death: Callable[[], None] | None = None

    def revive(self, strike: AtRecord | AtObject | None = None) -> None:
        """Start those that are not there."""
        for name, config in self._configs.items():
            if name not in self.alive:
                victim = Victim(name, config, self._clock.path, strike, self._marker, self._is_in_bucket)
                self.alive[name] = begin(self._nursery, victim)

    @property
    def names(self) -> Sequence[str]:
        """All of them, alive or not."""
        return tuple(self._configs)

    def folder(self, name: str) -> Path:
        """The folder of its machine."""
        return self._configs[name].parent

    async def restart(self, name: str, *, is_killed: bool = False) -> None:
        """Ask one to stop, or kill it; wait for its end, and start it again."""
        process = self.alive[name]
        (process.kill if is_killed else process.terminate)()
        await _await_end(process)
        # Who ends as it was asked to is no loss.
        if not process.exitcode:
            self.alive.pop(name, None)
        self.bury()
        self.revive()

    async def run(self, command: str, config: Path, clock: Clock, strike: AtChange | None = None) -> Run:
        """Run a command of zimogs by these settings and that clock, beside all others, until it ends or is killed."""
        victim = Victim(command, config, clock.path, strike, self._marker, self._is_in_bucket)
        process = begin(self._nursery, victim)
        await _await_end(process)
        run = Run(process.exitcode or 0, victim.output)
        self.kills += run.is_killed
        return run

    async def end(self) -> None:
        """Ask every process to stop, and wait for its end."""
        for process in self.alive.values():
            process.terminate()
        for process in self.alive.values():
            await _await_end(process)
        self.alive.clear()

    async def kill(self, pid: int | None = None) -> None:
        """Kill every process, or that one; they are started again when somebody looks."""
        for process in list(self.alive.values()):
            if pid in {None, process.pid}:
                process.kill()
                await _await_end(process)

    async def strike_down(self, strike: AtRecord | AtObject) -> None:
        """Start the processes anew so that the first to come to that place is killed there."""
        await self.end()
        self._marker.unlink(missing_ok=True)
        self.revive(strike)

    def bury(self) -> bool:
        """Take note of who is dead; says whether anybody is."""
        dead = {name: process for name, process in self.alive.items() if not process.is_alive()}
        for name, process in dead.items():
            del self.alive[name]
            if process.exitcode == -signal.SIGKILL:
                self.kills += 1
            else:
                self.crashes += 1
        if dead and self.at_death:
            at_death, self.at_death = self.at_death, None
            at_death()
        return bool(dead)


async def _await_end(process: BaseProcess) -> None:
    # Not joined in a thread: how it ended is told once only, and would be lost if we asked here meanwhile.
    while process.is_alive():  # noqa: ASYNC110  another process ends
        await asyncio.sleep(_LOOK)
