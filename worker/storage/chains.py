"""The ledger's folders as they lie there: which batches, which records, how far each chain goes. All of it blocks."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route, is_batch_id
from worker.storage.durable import read_file
from worker.storage.listed_folder import list_names

CLOSED = "closed"
"""The mark of a batch in which nothing is left to do."""
OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EREMOTEIO})
"""What says that we cannot read now, or cannot reach where it stands, and nothing of what stands there."""


def record_path(ledger: Path, batch: BatchId, number: int) -> Path:
    """Where a batch's record of that number stands."""
    return ledger / batch / f"{number:04}.json"


def record_numbers(folder: Path) -> Sequence[int]:
    """The numbers of the records that are there, in order, readable or not; none where the folder is not there."""
    if not folder.is_dir():
        return ()
    stems = (path.stem for path in folder.glob("*.json"))
    # Another spelling of a number, such as 7.json, is somebody's copy and no record.
    return sorted(int(stem) for stem in stems if stem.isdecimal() and stem == f"{int(stem):04}" and int(stem))


def find_batches(ledger: Path) -> tuple[BatchId, ...]:
    """Every batch that has records, or whose folder something else stands in the place of, by route and number."""
    batches = (batch for batch in _find_folders(ledger) if has_batch(ledger, batch))
    return tuple(sorted(batches, key=lambda batch: (batch_route(batch), batch_number(batch))))


def has_batch(ledger: Path, batch: BatchId) -> bool:
    """Whether the batch has records, or something else stands in the place of its folder."""
    return _has_records(ledger, batch) or is_displaced(ledger / batch)


def find_latest(ledger: Path, route: RouteName) -> int:
    """The highest number that a batch of the route has, or had before it was set aside; 0 before the first."""
    # Names are compared and not understood, but for one or two: there are months of them.
    begin = len(f"{route}-")
    ends = (name[begin:] for name in list_names(ledger) if name.startswith(f"{route}-"))
    newest_first = sorted((int(end) for end in ends if end.isascii() and end.isdecimal()), reverse=True)
    return next((number for number in newest_first if is_used(ledger, batch_id(route, number))), 0)


def is_used(ledger: Path, batch: BatchId) -> bool:
    """Whether no other batch may have this number."""
    folder = ledger / batch
    return _has_records(ledger, batch) or (folder / CLOSED).exists() or is_displaced(folder)


def is_displaced(folder: Path) -> bool:
    """Whether something that is no folder has a batch's name."""
    return os.path.lexists(folder) and not folder.is_dir()


def read_entries(ledger: Path, batch: BatchId) -> tuple[bytes, ...]:
    """A batch's entries, oldest first, as far as they follow each other and can be read."""
    entries: list[bytes] = []
    try:
        while True:
            entries.append(read_file(record_path(ledger, batch, len(entries) + 1)))
    except OSError as error:
        if error.errno in OURS:
            raise
    return tuple(entries)


def find_obstacle(path: Path) -> str:
    """Why a record cannot be read, in the system's words; empty where it can. Raises OSError where that is our own."""
    try:
        read_file(path)
    except OSError as error:
        if error.errno in OURS:
            raise
        return error.strerror or str(error)
    return ""


def find_heads(ledger: Path, known: Mapping[BatchId, ChainHead]) -> Iterator[ChainHead]:
    """How far each chain goes. What is known already is taken as it is, and only looked on from there.

    So a head never goes back, whatever has become of its records since, and a batch that is over costs one look.
    """
    for batch in {*known, *find_batches(ledger)}:
        head = known.get(batch)
        number = head.records if head else 0
        while record_path(ledger, batch, number + 1).exists():
            number += 1
        if not number:
            # Its first record is missing: that is damage, and no head.
            continue
        if head is None or number > head.records:
            try:
                head = ChainHead.of(batch, number, read_file(record_path(ledger, batch, number)))
            except OSError as error:
                if error.errno in OURS:
                    raise
                # That too is damage: the head stays what it was.
        if head is not None:
            yield head


def _find_folders(ledger: Path) -> Iterator[BatchId]:
    return (BatchId(name) for name in list_names(ledger) if is_batch_id(name))


def _has_records(ledger: Path, batch: BatchId) -> bool:
    # The first stands for all: only where that is missing must the others be looked for.
    if os.path.lexists(f"{ledger}/{batch}/0001.json") or record_numbers(folder := ledger / batch):
        return True
    # What cannot be looked into is no empty folder.
    return folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)
