"""Whether there is room where copies of checkpoints and records are kept: zimogs removes nothing there, ever.

What is there shall stand against whoever rules this machine, us included, so nothing here has a way to take it away.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from worker.doctor.finding import Finding, caution, fault, fine

LEAST = 0.1
"""Of the room, and of the files, that the file system has in all: below that somebody has time to act."""
_ADVICE = (
    "Give it more room, or move the folders of old batches below `ledger` to another medium. Leave `checkpoints` "
    "there: what was copied is told by them, and nothing of it is copied again."
)


def examine_copies(copy_to: Path | None, least: float = LEAST) -> Iterator[Finding]:
    """Tell how many batches lie there and how much room is left; nothing where no copies are kept."""
    if copy_to is None:
        return
    try:
        space = os.statvfs(copy_to)
        batches = sum(1 for _ in os.scandir(ledger)) if (ledger := copy_to / "ledger").exists() else 0
    except FileNotFoundError:
        yield fine("copies", f"{copy_to} is made with the first checkpoint")
        return
    except OSError as error:
        advice = f"Mount it, and let the user of zimogs read and write {copy_to}."
        yield fault("copies", f"{copy_to}: {error.strerror}", advice)
        return
    free = space.f_bavail * space.f_frsize
    told = f"{batches} batches in {copy_to}, {free / 1e9:.1f} GB free"
    is_short = space.f_bavail < least * space.f_blocks or space.f_favail < least * space.f_files
    yield caution("copies", told, _ADVICE) if is_short else fine("copies", told)
