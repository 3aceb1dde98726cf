"""Damage in the ledger's folders: what shows it, and where records go that are believed no more. All of it blocks.

damaged/<batch>/0003.json   beside the ledger: moved there by a repair, and never deleted
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from jobs.model.damage import Damage
from jobs.model.errors import BrokenArchive, BrokenLedger
from jobs.model.history import History
from jobs.model.names import BatchId
from jobs.model.text import Text
from worker.storage.chains import find_obstacle, is_displaced, record_numbers
from worker.storage.durable import make_folder, sync_folder
from worker.storage.names import free_names

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def damaged_path(ledger: Path, batch: str) -> Path:
    """Where records of that batch lie once a repair has set them aside."""
    return ledger.parent / "damaged" / batch


def require_no_gap(folder: Path, batch: BatchId, count: int) -> None:
    """Raise BrokenLedger when records are there behind the first `count`, which follow each other and can be read."""
    if is_displaced(folder):
        raise BrokenLedger(Text("{batch} has no records: what bears its name is no folder", batch=batch))
    numbers = record_numbers(folder)
    if not numbers or numbers[-1] <= count:
        return
    # Looked for after the others were seen: a record that somebody writes just now is neither missing nor unreadable.
    following = folder / f"{count + 1:04}.json"
    if not os.path.lexists(following):
        raise BrokenLedger(
            Text(
                "{batch} record {number} is missing, and record {last} is there",
                batch=batch,
                number=count + 1,
                last=numbers[-1],
            )
        )
    if obstacle := find_obstacle(following):
        raise BrokenLedger(
            Text("{batch} record {number} cannot be read: {why}", batch=batch, number=count + 1, why=obstacle)
        )


def require_end(history: History, *, is_closed: bool) -> None:
    """Raise BrokenLedger when a batch had been settled before it was read, and its last records are not there."""
    if is_closed and not history.is_over:
        raise BrokenLedger(
            Text(
                "{batch} was settled, and its records end at {state}: the last are missing",
                batch=history.batch,
                state=history.state,
            )
        )


def time_of_opening(folder: Path) -> datetime:
    """A time that is not before the batch was opened, as far as the disk tells."""
    times = [(folder / f"{number:04}.json").lstat().st_mtime for number in record_numbers(folder)]
    return datetime.fromtimestamp(min(times, default=folder.lstat().st_mtime), UTC)


def describe_archived(batch: BatchId, error: BrokenArchive) -> Damage:
    """The damage of a batch that lies in an archive: it was settled, and nothing else is told of it."""
    fault = str(error).partition("\n")[0]
    return Damage(batch=batch, fault=fault, sound=None, last=0, opened_at=_LONG_AGO, is_closed=True, is_archived=True)


def move_records(folder: Path, aside: Path, keep: int) -> None:
    """Move a batch's records after the first `keep` into the folder `aside`, each under a free name."""
    make_folder(aside)
    for number in record_numbers(folder):
        if number > keep:
            _move_aside(folder / f"{number:04}.json", aside)
    sync_folder(aside)
    sync_folder(folder)


def restore_folder(folder: Path, aside: Path) -> None:
    """Where something else bears the name of a batch's folder, move that into `aside`, and make the folder."""
    if is_displaced(folder):
        _move_aside(folder, make_folder(aside))
        make_folder(folder)


def _move_aside(path: Path, aside: Path) -> None:
    name = next(name for name in free_names(path.name) if not os.path.lexists(aside / name))
    path.rename(aside / name)
