"""The key of the ledger's MACs: `ledger.key` beside the ledger, made at the first need.

What the ledger holds at that moment was written by a zimogs without MACs. Checkpoint 0 fixes it, so that records
without a MAC are believed there and nowhere else: nobody can undo the MACs by writing records as they used to be.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.model.chain import ChainKey, version_of
from jobs.model.checkpoint import Extent, find_head
from jobs.model.errors import BrokenCheckpoint, LostKey
from worker.clock import utc_now
from worker.storage.archives.store import ARCHIVES
from worker.storage.chains import find_heads, record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, read_file
from worker.storage.keys import obtain_key
from worker.storage.leases import open_lock

CHECKPOINTS = "checkpoints"
"""The folder of the checkpoints, beside the ledger's."""
_RESTORE = (
    "Restore it from the backup of the data folder; without it nobody can tell the ledger's own records from forged "
    "ones. Do not repair batches: they are not damaged."
)


def open_chain_key(ledger: Path) -> ChainKey:
    """What the records of the ledger in that folder are known by. Raises LostKey, and OSError."""
    secret, checkpoints = open_secret(ledger), Checkpoints(ledger.parent / CHECKPOINTS)
    # Looked up when it is needed, which is seldom: after years it may be large.
    return ChainKey(secret, lambda batch: find_head(checkpoints.read(0, secret), batch))


def open_secret(ledger: Path) -> bytes:
    """The key itself, made with checkpoint 0 at the first need. Raises LostKey, and OSError."""
    data, checkpoints = ledger.parent, Checkpoints(ledger.parent / CHECKPOINTS)
    if not _is_ready(ledger, checkpoints):
        with _locked(make_folder(data) / f"{ledger.name}.lock"):
            if not _is_ready(ledger, checkpoints):
                _begin(ledger, checkpoints)
    try:
        return obtain_key(data, ledger.name)
    except PermissionError:
        # It is there: somebody else asks than the user of zimogs.
        raise
    except OSError as error:
        raise LostKey(f"{key_path(ledger)} cannot be used ({error.strerror}). {_RESTORE}") from error


def require_own_key(ledger: Path) -> None:
    """Raise LostKey where checkpoint 0, which was made with the key, does not carry its MAC."""
    secret, checkpoints = open_secret(ledger), Checkpoints(ledger.parent / CHECKPOINTS)
    try:
        checkpoints.read(0, secret)
    except BrokenCheckpoint:
        raise LostKey(
            f"{key_path(ledger)} is another key than the one that {ledger} was written with, or "
            f"{checkpoints.path(0)} was changed. {_RESTORE}"
        ) from None


def key_path(ledger: Path) -> Path:
    """Where the key of the ledger in that folder stands."""
    return ledger.with_name(f"{ledger.name}.key")


def _is_ready(ledger: Path, checkpoints: Checkpoints) -> bool:
    return key_path(ledger).exists() and checkpoints.path(0).exists()


def _begin(ledger: Path, checkpoints: Checkpoints) -> None:
    heads = tuple(find_heads(ledger, {}))
    lasts = (read_file(record_path(ledger, head.batch, head.records)) for head in heads)
    # A record of a later version than the first carries a MAC, so there was a key; and archives carry one always.
    if any(version_of(last) > 1 for last in lasts) or any(ledger.with_name(ARCHIVES).glob("zimogs-archive-*")):
        missing = [path for path in (key_path(ledger), checkpoints.path(0)) if not path.exists()]
        raise LostKey(f"{' and '.join(map(str, missing))} is missing, and {ledger} was written with it. {_RESTORE}")
    secret = obtain_key(ledger.parent, ledger.name)
    # A key without its checkpoint is what a crash between these two lines leaves: then both are done once more.
    checkpoints.add(Extent(), heads, utc_now(), secret)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold flock(2) on a file for the time of the block; waits for whoever holds it."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
