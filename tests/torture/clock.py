"""Clocks that can be set for some victims alone, as an administrator would set the machine's."""

import ctypes
import os
import struct
import subprocess
from pathlib import Path
from shutil import which

_SOURCE = Path(__file__).with_name("clock.c")


def can_set_clocks() -> bool:
    """Whether there is a C compiler; without one clocks cannot be set."""
    return which("cc") is not None


def compile_clock(folder: Path) -> dict[str, str]:
    """Make the library; gives the environment of processes that shall be able to follow a clock."""
    if not can_set_clocks():
        return {}
    library = folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE], check=True)
    return {"LD_PRELOAD": str(library)}


class Clock:
    """How much the time of those who follow it differs from ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(struct.pack("=q", 0))

    def set(self, seconds: int) -> None:
        """Have it differ by so many seconds from now on."""
        # Written in place: the processes hold this very file mapped.
        with self.path.open("r+b") as file:
            file.write(struct.pack("=q", seconds))


def follow(clock: Path) -> None:
    """Have this process go by that clock from now on, and the programs that it starts."""
    if library := os.environ.get("LD_PRELOAD"):
        os.environ["TORTURE_CLOCK"] = str(clock)
        ctypes.CDLL(library).follow(os.fsencode(clock))
