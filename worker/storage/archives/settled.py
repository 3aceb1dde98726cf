"""Where the records of settled batches stand until an archive has taken them over: the ledger's folder, or a bucket."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from jobs.model.names import BatchId, is_batch_id
from worker.storage.chains import CLOSED, OURS, record_numbers, record_path
from worker.storage.damage import damaged_path
from worker.storage.durable import make_folder, read_file, sync_folder
from worker.storage.leases import open_lock, try_lock
from worker.storage.listed_folder import list_names

REPAIRED = "a repair has set records of it aside"
_FOLDER_OURS = re.compile(r"\d{4,}\.json|closed|lock|\.[0-9a-f]{16}\.tmp")
"""What zimogs writes where a batch's records stand; a batch that has anything else there stays as it is."""
_LEAVING = ".archived"
"""Where folders are that archives hold: in the ledger's own folder, so that one rename takes each there."""


class Differing(Exception):
    """Records stand there that an archive of the same batch does not hold."""


class SettledBatches(Protocol):
    """Batches that stand outside archives. Every method blocks and raises OSError."""

    def names(self) -> Iterable[BatchId]:
        """Every batch that anything stands of, settled or not."""
        ...

    def find_obstacle(self, batch: BatchId, records: int) -> str:
        """Why a sound batch of so many records stays where it is all the same; empty where it need not."""
        ...

    def remove(self, batch: BatchId, entries: Sequence[bytes]) -> bool:
        """Take a closed batch away of which an archive holds these entries; False where it is not closed, or in use.

        What somebody who died has left of it goes likewise. Raises Differing.
        """
        ...

    def finish(self) -> None:
        """Have what was removed gone for good."""
        ...


class SettledFolders:
    """Implements `SettledBatches` in a ledger's folder. No reader sees half of what goes: a folder leaves at once."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._leaving = ledger / _LEAVING

    def names(self) -> Iterable[BatchId]:
        """Every batch that has a folder."""
        return (BatchId(name) for name in list_names(self._ledger) if is_batch_id(name))

    def find_obstacle(self, batch: BatchId, records: int) -> str:
        """Why a sound batch of so many records stays in its folder; empty where it need not."""
        if damaged_path(self._ledger, batch).exists():
            return REPAIRED
        return find_foreign(list_names(self._ledger / batch), records)

    def remove(self, batch: BatchId, entries: Sequence[bytes]) -> bool:
        """Move the folder of a closed batch aside; False where it is not closed, or in use. Raises Differing."""
        folder = self._ledger / batch
        if not os.path.lexists(folder / CLOSED):
            return False
        lock = open_lock(folder / "lock")
        try:
            if not try_lock(lock):
                return False
            found = self._read(batch)
            if not is_held(found, entries) or self.find_obstacle(batch, len(found)):
                raise Differing(batch)
            folder.rename(make_folder(self._leaving) / batch)
        finally:
            os.close(lock)
        return True

    def finish(self) -> None:
        """Remove what stands aside, once no crash can bring it back."""
        if self._leaving.exists():
            sync_folder(self._ledger)
            shutil.rmtree(self._leaving)

    def _read(self, batch: BatchId) -> Mapping[int, bytes]:
        """Every record that can be read, by number."""
        found: dict[int, bytes] = {}
        for number in record_numbers(self._ledger / batch):
            try:
                found[number] = read_file(record_path(self._ledger, batch, number))
            except OSError as error:
                if error.errno in OURS:
                    raise
                found[number] = b""
        return found


def find_foreign(names: Iterable[str], count: int) -> str:
    """What stands among a batch's `count` records that is none of them, in words; empty where nothing does."""
    if foreign := sorted(name for name in names if not _FOLDER_OURS.fullmatch(name)):
        return f"its folder holds {foreign[0]}, which is none of its records"
    if len([name for name in names if name.endswith(".json")]) != count:
        return "there are records behind its last one"
    return ""


def is_held(records: Mapping[int, bytes], entries: Sequence[bytes]) -> bool:
    """Whether each of these records, by number, stands among the entries of an archive, byte for byte."""
    return all(number <= len(entries) and entries[number - 1] == content for number, content in records.items())
