"""The ledger's folders as they lie there: which batches, which records, how far each chain goes. All of it blocks."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.names import BatchId, RouteName, batch_number, batch_route, is_batch_id

CLOSED = "closed"
"""The mark of a batch in which nothing is left to do."""


def record_path(ledger: Path, batch: BatchId, number: int) -> Path:
    """Where a batch's record of that number stands."""
    return ledger / batch / f"{number:04}.json"


def record_numbers(folder: Path) -> Sequence[int]:
    """The numbers of a batch's records that are there, in order; none where its folder is not there."""
    if not folder.is_dir():
        return ()
    return sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal())


def find_batches(ledger: Path) -> tuple[BatchId, ...]:
    """Every batch that has records, by route and number."""
    batches = (batch for batch in _find_folders(ledger) if _has_records(ledger, batch))
    return tuple(sorted(batches, key=lambda batch: (batch_route(batch), batch_number(batch))))


def find_latest(ledger: Path, route: RouteName) -> int:
    """The highest number that a batch of the route has, or had before it was set aside; 0 before the first."""
    batches = (batch for batch in _find_folders(ledger) if batch_route(batch) == route and is_used(ledger, batch))
    return max(map(batch_number, batches), default=0)


def is_used(ledger: Path, batch: BatchId) -> bool:
    """Whether no other batch may have this number."""
    return _has_records(ledger, batch) or (ledger / batch / CLOSED).exists()


def read_entries(ledger: Path, batch: BatchId) -> tuple[bytes, ...]:
    """A batch's entries, oldest first, as far as they follow each other."""
    entries: list[bytes] = []
    while (path := record_path(ledger, batch, len(entries) + 1)).exists():
        entries.append(path.read_bytes())
    return tuple(entries)


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
            head = ChainHead.of(batch, number, record_path(ledger, batch, number).read_bytes())
        yield head


def _find_folders(ledger: Path) -> Iterator[BatchId]:
    names = (path.name for path in ledger.iterdir()) if ledger.is_dir() else ()
    return (BatchId(name) for name in names if is_batch_id(name))


def _has_records(ledger: Path, batch: BatchId) -> bool:
    # The first stands for all: only where that is missing must the others be looked for.
    return record_path(ledger, batch, 1).exists() or bool(record_numbers(ledger / batch))
