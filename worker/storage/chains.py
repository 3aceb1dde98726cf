"""The ledger's folders as they lie there: which batches, which records, how far each chain goes. All of it blocks."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.names import BatchId, batch_number, batch_route, is_batch_id


def record_path(ledger: Path, batch: BatchId, number: int) -> Path:
    """Where a batch's record of that number stands."""
    return ledger / batch / f"{number:04}.json"


def find_batches(ledger: Path) -> tuple[BatchId, ...]:
    """Every batch that has a first record, by route and number."""
    names = (path.name for path in ledger.iterdir()) if ledger.is_dir() else ()
    batches = (BatchId(name) for name in names if is_batch_id(name))
    return tuple(
        sorted(
            (b for b in batches if record_path(ledger, b, 1).exists()), key=lambda b: (batch_route(b), batch_number(b))
        )
    )


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
        if head is None or number > head.records:
            head = ChainHead.of(batch, number, record_path(ledger, batch, number).read_bytes())
        yield head
