"""The key of the ledger's MACs: `ledger.key` beside the ledger, made at the first need.

What the ledger holds at that moment was written by a zimogs without MACs. Checkpoint 0 fixes it, so that records
without a MAC are believed there and nowhere else: nobody can undo the MACs by writing records as they used to be.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.model.chain import ChainHead, ChainKey, version_of
from jobs.model.checkpoint import find_head
from jobs.model.errors import BrokenLedger
from worker.clock import utc_now
from worker.storage.chains import find_heads, record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder
from worker.storage.keys import obtain_key

CHECKPOINTS = "checkpoints"
"""The folder of the checkpoints, beside the ledger's."""


def open_chain_key(ledger: Path) -> ChainKey:
    """What the records of the ledger in that folder are known by. Raises BrokenLedger when it was lost, and OSError."""
    secret, checkpoints = open_secret(ledger), Checkpoints(ledger.parent / CHECKPOINTS)
    # Looked up when it is needed, which is seldom: after years it may be large.
    return ChainKey(secret, lambda batch: find_head(checkpoints.read(0, secret), batch))


def open_secret(ledger: Path) -> bytes:
    """The key itself, made with checkpoint 0 at the first need. Raises BrokenLedger when it was lost, and OSError."""
    data, checkpoints = ledger.parent, Checkpoints(ledger.parent / CHECKPOINTS)
    if not _is_ready(ledger, checkpoints):
        with _locked(make_folder(data) / f"{ledger.name}.lock"):
            if not _is_ready(ledger, checkpoints):
                _begin(ledger, checkpoints)
    return obtain_key(data, ledger.name)


def key_path(ledger: Path) -> Path:
    """Where the key of the ledger in that folder stands."""
    return ledger.with_name(f"{ledger.name}.key")


def _is_ready(ledger: Path, checkpoints: Checkpoints) -> bool:
    return key_path(ledger).exists() and checkpoints.path(0).exists()


def _begin(ledger: Path, checkpoints: Checkpoints) -> None:
    heads = tuple(find_heads(ledger, {}))
    if any(_is_marked(ledger, head) for head in heads):
        missing = [path for path in (key_path(ledger), checkpoints.path(0)) if not path.exists()]
        raise BrokenLedger(
            f"{' and '.join(map(str, missing))} is missing, and {ledger} was written with it. Restore it from the "
            "backup of the data folder; without it nobody can tell the ledger's own records from forged ones."
        )
    secret = obtain_key(ledger.parent, ledger.name)
    # A key without its checkpoint is what a crash between these two lines leaves: then both are done once more.
    checkpoints.add(heads, utc_now(), secret)


def _is_marked(ledger: Path, head: ChainHead) -> bool:
    return version_of(record_path(ledger, head.batch, head.records).read_bytes()) > 1


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold flock(2) on a file for the time of the block; waits for whoever holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
