"""Damage in the ledger's folders: what shows it, and where records go that are believed no more. All of it blocks.

damaged/<batch>/0003.json   beside the ledger: moved there by a repair, and never deleted
"""

from datetime import UTC, datetime
from pathlib import Path

from jobs.model.errors import BrokenLedger
from jobs.model.history import History
from jobs.model.names import BatchId
from worker.storage.chains import record_numbers
from worker.storage.durable import make_folder, sync_folder
from worker.storage.names import free_names


def require_no_gap(folder: Path, batch: BatchId, count: int) -> None:
    """Raise BrokenLedger when records are there behind the first `count`, which follow each other."""
    numbers = record_numbers(folder)
    # Looked for after the others were seen: a record that somebody writes just now is not missing.
    if numbers and numbers[-1] > count and not (folder / f"{count + 1:04}.json").exists():
        raise BrokenLedger(f"{batch} record {count + 1} is missing, and record {numbers[-1]} is there")


def require_end(history: History, *, is_closed: bool) -> None:
    """Raise BrokenLedger when a batch was settled before its records were read, and the last are not there."""
    if not history.is_over and is_closed:
        raise BrokenLedger(f"{history.batch} was settled, and its records end at {history.state}: the last are missing")


def opened_at(folder: Path) -> datetime:
    """A time that is not before the batch was opened, as far as the disk tells."""
    times = [(folder / f"{number:04}.json").stat().st_mtime for number in record_numbers(folder)]
    return datetime.fromtimestamp(min(times, default=folder.stat().st_mtime), UTC)


def move_records(folder: Path, aside: Path, keep: int) -> None:
    """Move a batch's records after the first `keep` into the folder `aside`, each under a free name."""
    make_folder(aside)
    for number in record_numbers(folder):
        if number > keep:
            name = next(name for name in free_names(f"{number:04}.json") if not (aside / name).exists())
            (folder / f"{number:04}.json").rename(aside / name)
    sync_folder(aside)
    sync_folder(folder)
