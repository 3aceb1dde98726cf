"""What a house stands on, and the folders that all its processes share; for machines see `machines`."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.reading import read_settings
from config.settings import Settings
from tests.torture.counting import Count, FolderOutbox
from worker.app.on_disk import OnDisk
from worker.queue.socket_path import choose_socket_path

_LOCKS = Path("/proc/locks")


class Ground(Protocol):
    """What differs between the two."""

    @property
    def redis(self) -> Path:
        """The folder of the server of the queue."""
        ...

    @property
    def taken_over_within(self) -> float:
        """Seconds until another worker goes on with what a dead one had begun."""
        ...

    @property
    def look(self) -> float:
        """Seconds between two looks of whoever waits for something."""
        ...

    @property
    def disk(self) -> OnDisk:
        """What lies there."""
        ...

    def count(self, dropped: Mapping[str, bytes]) -> Count:
        """Where these documents are."""
        ...

    def find_lease_holder(self, pids: Collection[int]) -> int:
        """Which of these processes holds a batch just now. Raises LookupError."""
        ...


Grounded = tuple[Mapping[str, Path], Ground]
"""The settings of each process, by its name, and what they stand on."""


@dataclass(frozen=True)
class SharedFolders:
    """Implements `Ground` for folders."""

    settings: Settings
    taken_over_within: float = 15.0
    look: float = 0.1

    @property
    def redis(self) -> Path:
        return self.settings.folders.data / "redis"

    @property
    def disk(self) -> OnDisk:
        # Anew each time: an older copy of the folder may stand there by now.
        return OnDisk.of(self.settings)

    def count(self, dropped: Mapping[str, bytes]) -> Count:
        return Count(FolderOutbox(self.settings.folders.outbox), self.disk.quarantine, dropped)

    def find_lease_holder(self, pids: Collection[int]) -> int:
        """By the kernel's own list of locks (proc_locks(5))."""
        leases = {path.stat().st_ino for path in (self.settings.folders.data / "ledger").glob("*/lock")}
        for line in _LOCKS.read_text().splitlines():
            # 1: FLOCK  ADVISORY  WRITE 708 00:13:23 0 EOF
            _, kind, _, access, pid, place, *_ = line.replace(" -> ", " ").split()
            if (kind, access) == ("FLOCK", "WRITE") and int(place.rpartition(":")[2]) in leases and int(pid) in pids:
                return int(pid)
        raise LookupError("nobody holds a batch")


@asynccontextmanager
async def on_folders(folder: Path, names: Sequence[str]) -> AsyncIterator[Grounded]:
    """All processes by the settings that stand in that folder."""
    config = folder / "zimogs.toml"
    settings = read_settings(config)
    try:
        yield dict.fromkeys(names, config), SharedFolders(settings)
    finally:
        await _end_redis(settings.folders.data / "redis")


async def _end_redis(folder: Path) -> None:
    """End the embedded server where its owner was killed and nobody came after."""
    async with Redis(unix_socket_path=str(choose_socket_path(folder))) as redis:
        with suppress(RedisError, OSError):
            await redis.shutdown(nosave=True)
