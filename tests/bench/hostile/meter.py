"""Memory and processor time of a running program and its children, as the kernel counts them (proc(5))."""

import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_EVERY = 0.02
"""Seconds between two looks at the children, which come and go."""
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_NOW = re.compile(r"VmRSS:\s+(\d+) kB")
_RESET_PEAK = "5"
_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1024


@dataclass
class Meter:
    """Measures for the time of a `with` block; megabytes over what there was before, and seconds."""

    pid: int
    worker: float = 0.0
    child: float = 0.0
    cpu: float = 0.0
    _rest: dict[int, int] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        Path(f"/proc/{self.pid}/clear_refs").write_text(_RESET_PEAK)
        self._before = _number(self.pid, _NOW), self._seconds()
        self._rest = {child: _number(child, _NOW) for child in _children(self.pid)}
        for child in self._rest:
            Path(f"/proc/{child}/clear_refs").write_text(_RESET_PEAK)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        memory, seconds = self._before
        self.worker = max(0, _number(self.pid, _PEAK) - memory) / _MB
        self.cpu = self._seconds() - seconds

    def _look(self) -> None:
        while not self._done.wait(_EVERY):
            for child in _children(self.pid):
                peak = _number(child, _PEAK)
                # What a child needs at rest is no cost of what it reads: the lowest that was seen of it.
                self._rest.setdefault(child, _AT_REST << 10)
                self.child = max(self.child, (peak - self._rest[child]) / _MB)

    def _seconds(self) -> float:
        return sum(_cpu(pid, own=pid == self.pid) for pid in (self.pid, *_children(self.pid)))


_AT_REST = 60
"""Megabytes that a child of ours takes when it is ready, for one that was started while we measured."""


def _children(pid: int) -> list[int]:
    """Children that run our own Python; the embedded Valkey is none."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            numbers = map(int, path.read_text().split())
            found += [one for one in numbers if b"worker." in Path(f"/proc/{one}/cmdline").read_bytes()]
        except OSError:
            continue
    return found


def _number(pid: int, which: re.Pattern[str]) -> int:
    try:
        found = which.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _cpu(pid: int, *, own: bool) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # utime, stime; for the program itself also those of the children that have ended.
    return sum(map(int, fields[11:15] if own else fields[11:13])) / _TICKS
