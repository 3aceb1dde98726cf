"""A clock that can be set for the victims alone, as an administrator would set the machine's."""

import struct
import subprocess
from pathlib import Path
from shutil import which

_SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """How much victims' time differs from ours; without a C compiler it cannot be set."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "clock"
        self._library = folder / "clock.so"
        self.set(0)
        if can_set_clocks():
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self._library, _SOURCE], check=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a process must be started with to go by it."""
        return {"LD_PRELOAD": str(self._library), "TORTURE_CLOCK": str(self._offset)} if self._library.exists() else {}

    def set(self, seconds: int) -> None:
        """Have it differ by so many seconds from now on."""
        # Written in place: the processes hold this very file mapped.
        with self._offset.open("r+b" if self._offset.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))


def can_set_clocks() -> bool:
    """Whether there is a C compiler."""
    return which("cc") is not None
