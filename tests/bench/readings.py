"""Processor time and memory of running processes, as the kernel counts them (clock_getcpuclockid(3), proc(5))."""

import asyncio
import ctypes
import os
import re
import time
from pathlib import Path

_LONGEST, _LOOK = 30.0, 0.5
"""Seconds: of all waiting, and between two looks."""
_QUIET = 0.1
"""Seconds of processor time a second that are nothing: a Valkey that is polled on a busy machine."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_RESIDENT = re.compile(r"VmRSS:\s+(\d+) kB")
_RESET_PEAK = "5"


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have spent, to the nanosecond. Raises OSError where it is gone."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def cpu_of_others(pid: int) -> float:
    """What all that a process started has spent, those that have ended included (in ticks of 10 ms)."""
    spent = sum(_cpu_of_ended(one) for one in (pid, *descendants(pid)))
    for child in descendants(pid):
        try:
            spent += cpu_seconds(child)
        except OSError:
            continue
    return spent


async def until_quiet(pid: int) -> None:
    """Wait until what the process started has nothing left to do, for half a minute at most."""
    spent, end = cpu_of_others(pid), time.monotonic() + _LONGEST
    while time.monotonic() < end:
        await asyncio.sleep(_LOOK)
        before, spent = spent, cpu_of_others(pid)
        if spent - before < _QUIET * _LOOK:
            return


def descendants(pid: int) -> list[int]:
    """What the process started, and what that started."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in path.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def peak_megabytes(pid: int) -> float:
    """The most memory that the process had resident since the start, or since `reset_peak`."""
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def resident_megabytes(pid: int) -> float:
    """The memory that the process has resident now; 0 where it is gone."""
    try:
        found = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def reset_peak(pid: int) -> None:
    """Begin to look for the most anew."""
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def _cpu_of_ended(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[13:15])) / _TICKS
