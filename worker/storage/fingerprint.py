"""Whether somebody is still writing to a file, as far as a machine can tell."""

import errno
import fcntl
import os
import signal
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from worker.storage.tree import Location, Status, status_of, walk

_REFUSING = frozenset({"cifs", "smb3"})
"""File systems that also refuse a lease when the server lets nothing be cached, whether anybody writes or not."""


class Changing(OSError):
    """Somebody is still writing to the file; what has been read of it may be half old and half new."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "a program still writes to it or holds it open for writing", str(path))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells that a file was written to: its size in bytes, and modification and change time in nanoseconds.

    Of a folder: all sizes, and the latest times. A folder's own time tells of files that came or went.
    """

    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, *statuses: os.stat_result | Status) -> Self:
        """Read off what the system told of a file, or of a folder and everything in it."""
        return cls(
            sum(status.st_size for status in statuses if stat.S_ISREG(status.st_mode)),
            max(status.st_mtime_ns for status in statuses),
            max(status.st_ctime_ns for status in statuses),
        )

    def together_with(self, other: "Fingerprint") -> "Fingerprint":
        """The fingerprint of both together."""
        return Fingerprint(self.size + other.size, max(self.modified, other.modified), max(self.changed, other.changed))

    def has_content_of(self, other: "Fingerprint") -> bool:
        """Compare without the change time, which a new name changes too."""
        return self.content == other.content

    @property
    def content(self) -> tuple[int, int]:
        """What a new name does not change: size in bytes, and modification time in nanoseconds."""
        return self.size, self.modified


def fingerprint(location: Location) -> Fingerprint:
    """Look at a file, or all through a folder. Raises OSError when a part of it cannot be looked at."""
    status = location.status()
    if not stat.S_ISDIR(status.st_mode):
        return Fingerprint.of(status)
    return Fingerprint.of(status, *(status_of(entry) for entry in walk(location.root, location.parts)))


def require_unwritten(location: Location) -> Fingerprint:
    """Look at a file, or all through a folder, that no program holds open for writing.

    Raises Changing when one does, and OSError when it is unreadable.
    """
    status = _require_no_writer(location)
    if not stat.S_ISDIR(status.st_mode):
        return Fingerprint.of(status)
    statuses: list[os.stat_result | Status] = [status]
    for entry in walk(location.root, location.parts):
        statuses.append(status_of(entry))
        if stat.S_ISREG(entry.kind):
            _require_no_writer(Location(location.root, entry.parts))
    return Fingerprint.of(*statuses)


def has_writer(descriptor: int) -> bool:
    """Say whether a program of this machine has the file open for writing, or mapped, as far as the system tells.

    A read lease (fcntl(2)) is granted only when nobody does. It is asked for and given back at once. Not every file
    system has leases, and who owns neither the file nor CAP_LEASE gets none: then nobody is known to.
    """
    try:
        # A lease that another program breaks is told by SIGIO, which would end us; SIGURG is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN and _file_system(os.fstat(descriptor).st_dev) not in _REFUSING
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


@cache
def _file_system(device: int) -> str:
    """The type of the file system on that device (proc(5), mountinfo); empty when it is not told."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        fields = line.split()
        if fields[2] == number:
            return fields[fields.index("-") + 1]
    return ""


def _require_no_writer(location: Location) -> os.stat_result:
    with location.opened() as descriptor:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and has_writer(descriptor):
            raise Changing(location.path)
        return status
