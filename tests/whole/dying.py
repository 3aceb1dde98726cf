"""A watcher that is killed right before each change that it makes on disk, one after the other."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from jobs.model.documents import Profile, SealFormat
from jobs.model.names import RouteName
from tests.whole.station import Station

CONTRACTS = RouteName("contracts")
PROFILES = {CONTRACTS: Profile(format=SealFormat.EDOC)}
DROPPED = {"contracts/a.txt": b"a file", "contracts/x.edoc/b.txt": b"in a folder", "contracts/x.edoc/c.txt": b"with it"}
_CHANGES = frozenset({"os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.truncate"})


def die_everywhere(base: Path) -> None:
    """In `base/1`, `base/2`, …: drop files, be killed before that many changes, and let another watcher look twice.

    Ends with the first folder in which nobody was killed any more. Runs in a process of its own, which has one thread.
    """
    for step in count(1):
        folder = base / str(step)
        station = Station(folder, profiles=PROFILES)
        for name, content in DROPPED.items():
            station.drop(name, content)
        is_killed = _run(partial(_rescan, folder, kill_before=step))
        _run(partial(_rescan, folder, times=2))
        if not is_killed:
            return


def _rescan(folder: Path, *, times: int = 1, kill_before: int | None = None) -> None:
    changes = count(1)

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if _is_change(event, arguments) and next(changes) == kill_before:
            os.kill(os.getpid(), signal.SIGKILL)

    async def look() -> None:
        station = Station(folder, profiles=PROFILES)
        for _ in range(times):
            await station.intake.rescan()

    if kill_before is not None:
        sys.addaudithook(audit)
    asyncio.run(look())


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in _CHANGES


def _run(work: Callable[[], None]) -> bool:
    """Do it in a process of its own; says whether that was killed."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise AssertionError("the watcher failed")
    return os.WIFSIGNALED(status)
