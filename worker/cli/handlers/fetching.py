"""Bringing the ledger of a bucket onto this machine, and telling how far that is: it takes as long as there is much."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from worker.app.on_disk import OnDisk
from worker.cli.progress import progressing
from worker.storage.reach import TellDone

_FETCHING = "Fetching the ledger"


@contextmanager
def fetching() -> Iterator[TellDone]:
    """Show how far it is until the block is over."""
    with progressing(_FETCHING) as show:
        yield partial(show, _FETCHING)


async def fetch_ledger(disk: OnDisk) -> None:
    """Have the ledger in this machine's folder. Raises BrokenLedger, and OSError."""
    with fetching() as tell:
        await disk.reach.bring_ledger(tell)
