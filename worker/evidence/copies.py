"""Copies of checkpoints and of the records they cover, in a folder on another disk or on storage that is written once.

    <copy_to>/ledger/invoices-000001/0001.json …      <copy_to>/checkpoints/zimogs-checkpoint-000001.json, ….json.edoc

Nothing that stands there is ever written again. A checkpoint goes after its records, so that it vouches for them.
"""

from collections.abc import Iterator
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.checkpoint import decode_checkpoint
from jobs.model.errors import BrokenCheckpoint
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.entries import read_wherever
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, write_whole
from worker.storage.ledger_key import CHECKPOINTS


def copy_away(ledger: Path, checkpoints: Checkpoints, target: Path) -> list[Path]:
    """Copy what is not there yet; gives records that are missing here.

    Blocks. Raises BrokenCheckpoint where the copies are those of another ledger, and OSError.
    """
    there, archives = Checkpoints(target / CHECKPOINTS), Archives(ArchiveFolder.beside(ledger))
    numbers = checkpoints.numbers()
    missing: list[Path] = []
    if copied := set(there.numbers()):
        # Each checkpoint carries the hash of the one before it, so the newest copy speaks for all.
        ours, copy = checkpoints.path(max(copied)), there.path(max(copied))
        if not ours.exists() or ours.read_bytes() != copy.read_bytes():
            raise BrokenCheckpoint(
                f"{copy} is another one than {ours}: an older backup was restored, or one of them was forged or "
                "deleted. Find out which with `zimogs audit verify`, then name a new folder as audit.copy_to; keep the "
                "old one."
            )
    for number in numbers:
        if number not in copied:
            covered = decode_checkpoint(checkpoints.path(number).read_bytes())
            for head in covered.heads:
                missing += _copy_records(ledger, archives, target / ledger.name, head)
            _copy(checkpoints.path(number), there.path(number))
        if checkpoints.sealed(number).exists():
            _copy(checkpoints.sealed(number), there.sealed(number))
    return missing


def _copy_records(ledger: Path, archives: Archives, target: Path, head: ChainHead) -> Iterator[Path]:
    paths = {number: record_path(target, head.batch, number) for number in range(1, head.records + 1)}
    if all(path.exists() for path in paths.values()):
        return
    entries = dict(enumerate(read_wherever(ledger, head.batch, head.records, archives), start=1))
    for number, path in paths.items():
        source = record_path(ledger, head.batch, number)
        if number in entries:
            _write_once(path, entries[number])
        elif source.exists():
            # What follows a missing one is copied all the same.
            _copy(source, path)
        else:
            yield source


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        _write_once(target, source.read_bytes())


def _write_once(target: Path, content: bytes) -> None:
    if not target.exists():
        # Renamed into place: many such storages know no hard links.
        write_whole(make_folder(target.parent) / target.name, content)
