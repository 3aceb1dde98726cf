"""Work that is killed right before each change that it makes on disk, one after the other."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

_CHANGES = frozenset({"os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.truncate"})


def is_killed(work: Callable[[], None], before: int | None = None) -> bool:
    """Do it in a process of its own, killed before the change with that number; says whether it came so far.

    Forks, so the calling process has one thread.
    """
    process = os.fork()
    if process == 0:
        code = 1
        try:
            if before is not None:
                kill_before(before)
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise AssertionError("the work failed")
    return os.WIFSIGNALED(status)


def kill_before(change: int) -> None:
    """Have this process killed right before the change on disk with that number, from 1."""
    changes = count(1)

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if _is_change(event, arguments) and next(changes) == change:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)


def count_looks_during(work: Callable[[], None], look: Callable[[], None], *, at: str = "") -> int:
    """Do it in a process of its own, with a look right before each change that it makes; gives how many there were.

    With `at`, before each file is opened whose path ends so. Raises AssertionError where work or look fails. Forks.
    """
    reader, writer = os.pipe()

    def counted() -> None:
        looks = _look_before(look, at)
        work()
        os.write(writer, str(looks()).encode())

    is_killed(counted)
    os.close(writer)
    with os.fdopen(reader) as told:
        return int(told.read())


def _look_before(look: Callable[[], None], at: str) -> Callable[[], int]:
    looks, is_looking = 0, False

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal looks, is_looking
        is_there = event == "open" and str(arguments[0]).endswith(at) if at else _is_change(event, arguments)
        if is_there and not is_looking:
            is_looking, looks = True, looks + 1
            look()
            is_looking = False

    sys.addaudithook(audit)
    return lambda: looks


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in _CHANGES
