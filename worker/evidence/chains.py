"""The chains of a ledger, each by itself: whether records are missing, changed or forged. Nothing is written."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jobs.model.chain import ChainHead, ChainKey, decode_history, version_of
from jobs.model.errors import BrokenLedger, NewerFormat
from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, batch_id, batch_number, batch_route, is_batch_id
from worker.evidence.finding import Flaw, LedgerFinding
from worker.evidence.gaps import describe_gap, find_gaps
from worker.storage.chains import read_entries

_RECORD = re.compile(r"(\d{4,})\.json")


class ExaminedChain(NamedTuple):
    """The SHA-256 (hex) of a batch's records, as far as they follow each other, and whether any carries a MAC."""

    batch: BatchId
    hashes: tuple[str, ...]
    is_marked: bool
    is_dropped: bool = False
    """Whether its records were dropped by policy: then the hash of the last is known alone."""

    def has_begun_as(self, head: ChainHead) -> bool:
        """Say whether the record of that number is the one that was its newest then, as far as anybody can tell."""
        if self.is_dropped and head.records < len(self.hashes):
            return True
        return self.hashes[head.records - 1 : head.records] == (head.sha256,)

    def is_same_as(self, archived: "ExaminedChain") -> bool:
        """Say whether an archive holds these very records, or held them before it was dropped."""
        if archived.is_dropped:
            return (len(self.hashes), self.hashes[-1:]) == (len(archived.hashes), archived.hashes[-1:])
        return self.hashes == archived.hashes


def examine_chains(
    ledger: Path, key: ChainKey, tell: Callable[[LedgerFinding], None]
) -> Mapping[BatchId, ExaminedChain]:
    """Look at every record in the ledger's folder, and tell what is wrong. Blocks. Raises OSError.

    A batch that goes into an archive meanwhile is left out: archives are looked at afterwards.
    """
    folders = (path.name for path in ledger.iterdir() if path.is_dir()) if ledger.is_dir() else ()
    chains = {}
    for batch in sorted((BatchId(name) for name in folders if is_batch_id(name)), key=place_of):
        findings: list[LedgerFinding] = []
        with suppress(FileNotFoundError):
            chain = _examine(ledger, batch, key, findings.append)
            if chain is not None and (ledger / batch).is_dir():
                chains[batch] = chain
                for finding in findings:
                    tell(finding)
    return chains


def join_chains(
    here: Mapping[BatchId, ExaminedChain],
    archived: Mapping[BatchId, ExaminedChain],
    tell: Callable[[LedgerFinding], None],
) -> Mapping[BatchId, ExaminedChain]:
    """Those of the folder with the archived ones; tells which differ, and which numbers of a route are missing."""
    for batch in here.keys() & archived.keys():
        if not here[batch].is_same_as(archived[batch]):
            tell(LedgerFinding(Flaw.REPLACED, batch, f"{batch} has other records in its folder than in an archive"))
    chains = {**archived, **here}
    numbers = defaultdict(list)
    for batch in chains:
        numbers[batch_route(batch)].append(batch_number(batch))
    # Each route counts its own batches from 1.
    for route, first, last in ((route, *gap) for route, there in numbers.items() for gap in find_gaps(there)):
        batch = batch_id(route, first)
        missing = describe_gap(batch, batch_id(route, last))
        tell(LedgerFinding(Flaw.MISSING, batch, f"{missing}, and a later batch of the route is there"))
    return chains


def _examine(
    ledger: Path, batch: BatchId, key: ChainKey, tell: Callable[[LedgerFinding], None]
) -> ExaminedChain | None:
    """A batch's chain, None where there is no record of it."""
    names = (_RECORD.fullmatch(path.name) for path in (ledger / batch).iterdir())
    records = {int(name[1]) for name in names if name and int(name[1])}
    for first, last in find_gaps(records):
        missing = describe_gap(f"record {first}", f"record {last}")
        tell(LedgerFinding(Flaw.MISSING, batch, f"{batch} {missing}, and a later one is there"))
    return examine_entries(batch, read_entries(ledger, batch), key, tell) if records else None


def examine_entries(
    batch: BatchId, entries: Sequence[bytes], key: ChainKey, tell: Callable[[LedgerFinding], None]
) -> ExaminedChain:
    """Look at a batch's entries, which follow each other, and tell what is wrong."""
    try:
        if entries:
            decode_history(batch, entries, key)
    except NewerFormat as error:
        tell(LedgerFinding(Flaw.NEWER, batch, str(error)))
    except BrokenLedger as error:
        tell(LedgerFinding(Flaw.CHANGED, batch, str(error)))
    hashes = tuple(sha256(entry).hexdigest() for entry in entries)
    return ExaminedChain(batch, hashes, any(version_of(entry) > 1 for entry in entries))
