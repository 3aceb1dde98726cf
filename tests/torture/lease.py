from pathlib import Path

from tests.torture.house import House

_LOCKS = Path("/proc/locks")


def lease_holder(house: House) -> int:
    """Which of the processes holds a batch just now, by the kernel's own list (proc_locks(5)). Raises LookupError."""
    leases = {path.stat().st_ino for path in (house.settings.folders.data / "ledger").glob("*/lock")}
    ours = {process.pid for process in house.processes.alive.values()}
    for line in _LOCKS.read_text().splitlines():
        # 1: FLOCK  ADVISORY  WRITE 708 00:13:23 0 EOF
        _, kind, _, access, pid, place, *_ = line.replace(" -> ", " ").split()
        if (kind, access) == ("FLOCK", "WRITE") and int(place.rpartition(":")[2]) in leases and int(pid) in ours:
            return int(pid)
    raise LookupError("nobody holds a batch")
