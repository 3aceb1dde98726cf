"""The chains of a ledger, each by itself: whether records are missing, changed or forged. Nothing is written."""

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jobs.model.chain import ChainHead, ChainKey, decode_history, version_of
from jobs.model.errors import BrokenLedger, NewerFormat
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route, is_batch_id
from worker.evidence.finding import Finding, Flaw
from worker.storage.chains import read_entries

_RECORD = re.compile(r"(\d{4,})\.json")


class ExaminedChain(NamedTuple):
    """The SHA-256 (hex) of a batch's records, as far as they follow each other, and whether any carries a MAC."""

    batch: BatchId
    hashes: tuple[str, ...]
    is_marked: bool

    def has_begun_as(self, head: ChainHead) -> bool:
        """Say whether the record of that number is the one that was its newest then."""
        return self.hashes[head.records - 1 : head.records] == (head.sha256,)


def examine_chains(ledger: Path, key: ChainKey, tell: Callable[[Finding], None]) -> Mapping[BatchId, ExaminedChain]:
    """Look at every record of every batch, and tell what is wrong. Blocks. Raises OSError."""
    found = {batch: _find_records(ledger / batch) for batch in _find_folders(ledger)}
    chains = {batch: _examine(ledger, batch, records, key, tell) for batch, records in found.items() if records}
    for batch in _find_gaps(chains):
        tell(Finding(Flaw.MISSING, batch, f"{batch} is missing, and a later batch of its route is there"))
    return chains


def _find_folders(ledger: Path) -> list[BatchId]:
    folders = (path.name for path in ledger.iterdir() if path.is_dir()) if ledger.is_dir() else ()
    batches = (BatchId(name) for name in folders if is_batch_id(name))
    return sorted(batches, key=lambda batch: (batch_route(batch), batch_number(batch)))


def _find_records(folder: Path) -> set[int]:
    names = (_RECORD.fullmatch(path.name) for path in folder.iterdir())
    return {int(name[1]) for name in names if name and int(name[1])}


def _examine(
    ledger: Path, batch: BatchId, records: set[int], key: ChainKey, tell: Callable[[Finding], None]
) -> ExaminedChain:
    for number in sorted(set(range(1, max(records) + 1)) - records):
        tell(Finding(Flaw.MISSING, batch, f"{batch} record {number} is missing, and a later one is there"))
    entries = read_entries(ledger, batch)
    try:
        if entries:
            decode_history(batch, entries, key)
    except NewerFormat as error:
        tell(Finding(Flaw.NEWER, batch, str(error)))
    except BrokenLedger as error:
        tell(Finding(Flaw.CHANGED, batch, str(error)))
    hashes = tuple(sha256(entry).hexdigest() for entry in entries)
    return ExaminedChain(batch, hashes, any(version_of(entry) > 1 for entry in entries))


def _find_gaps(chains: Mapping[BatchId, ExaminedChain]) -> Iterator[BatchId]:
    """Yield the batches that are missing: each route counts its own from 1."""
    newest: dict[RouteName, int] = {}
    for batch in chains:
        newest[batch_route(batch)] = max(newest.get(batch_route(batch), 0), batch_number(batch))
    numbered = (batch_id(route, number) for route, last in newest.items() for number in range(1, last))
    yield from (batch for batch in numbered if batch not in chains)
