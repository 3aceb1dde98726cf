"""Whether a ledger is what it was: chains of hashes, MACs where the key is there, and every checkpoint that is found.

Works on a copy as on the data folder itself, offline; nothing is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jobs.model.chain import ChainHead, ChainKey, FindHead, decode_history
from jobs.model.checkpoint import Checkpoint, checkpoint_name, decode_checkpoint
from jobs.model.errors import BrokenCheckpoint, BrokenLedger, NewerFormat
from jobs.model.mac import has_mac
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route, is_batch_id
from worker.evidence.finding import Finding, Flaw
from worker.storage.chains import read_entries

_RECORD = re.compile(r"(\d{4,})\.json")


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it was found: in which file, the bytes, and whether a seal that is in order covers them."""

    path: Path
    content: bytes
    is_sealed: bool = False


class Examined(NamedTuple):
    """Numbers of batches and records that were looked at, and what was found."""

    batches: int
    records: int
    findings: tuple[Finding, ...]


def examine(ledger: Path, secret: bytes | None, stored: Sequence[StoredCheckpoint]) -> Examined:
    """Look at every record and compare all of it with these checkpoints. Blocks. Raises OSError.

    `secret` is the ledger's key, None where nobody knows it.
    """
    findings: list[Finding] = []
    checkpoints = _read_checkpoints(stored, secret, findings)
    chains = {batch: _read_chain(ledger, batch) for batch in _list_batches(ledger)}
    key = ChainKey(secret, _unmarked(checkpoints, secret))
    for batch, chain in chains.items():
        findings += _examine_chain(batch, chain, key)
    findings += _find_gaps(chains)
    findings += _compare(checkpoints, chains)
    return Examined(len(chains), sum(len(chain.entries) for chain in chains.values()), tuple(findings))


class _Chain(NamedTuple):
    """A batch's entries as far as they follow each other, and the numbers of all records that lie there."""

    entries: tuple[bytes, ...]
    numbers: frozenset[int]


def _list_batches(ledger: Path) -> list[BatchId]:
    names = (path.name for path in ledger.iterdir() if any(_RECORD.fullmatch(one.name) for one in path.iterdir()))
    return sorted(
        (BatchId(name) for name in names if is_batch_id(name)), key=lambda b: (batch_route(b), batch_number(b))
    )


def _read_chain(ledger: Path, batch: BatchId) -> _Chain:
    found = (_RECORD.fullmatch(path.name) for path in (ledger / batch).iterdir())
    return _Chain(read_entries(ledger, batch), frozenset(int(name[1]) for name in found if name))


def _examine_chain(batch: BatchId, chain: _Chain, key: ChainKey) -> Iterator[Finding]:
    for number in sorted(set(range(1, max(chain.numbers) + 1)) - chain.numbers):
        yield Finding(Flaw.MISSING, batch, f"{batch} record {number} is missing, and a later one is there")
    try:
        if chain.entries:
            decode_history(batch, chain.entries, key)
    except NewerFormat as error:
        yield Finding(Flaw.NEWER, batch, str(error))
    except BrokenLedger as error:
        yield Finding(Flaw.CHANGED, batch, str(error))


def _find_gaps(chains: Mapping[BatchId, _Chain]) -> Iterator[Finding]:
    """Say which batches are missing: each route counts its own from 1."""
    newest: dict[RouteName, int] = {}
    for batch in chains:
        newest[batch_route(batch)] = max(newest.get(batch_route(batch), 0), batch_number(batch))
    for route, last in newest.items():
        for number in range(1, last):
            if (batch := batch_id(route, number)) not in chains:
                yield Finding(Flaw.MISSING, batch, f"{batch} is missing, and a later batch of its route is there")


def _read_checkpoints(
    stored: Sequence[StoredCheckpoint], secret: bytes | None, findings: list[Finding]
) -> dict[int, Checkpoint]:
    """The checkpoints that count, by number; one whose seal is in order counts before any other."""
    checkpoints: dict[int, Checkpoint] = {}
    contents: dict[int, bytes] = {}
    for one in sorted(stored, key=lambda one: not one.is_sealed):
        name = one.path.name
        try:
            checkpoint = decode_checkpoint(one.content)
        except BrokenCheckpoint as error:
            findings.append(Finding(Flaw.CHECKPOINT, name, f"{name}: {error}"))
            continue
        if contents.setdefault(checkpoint.number, one.content) != one.content:
            findings.append(Finding(Flaw.CHECKPOINT, name, f"{name} is another one than the sealed one of its number"))
        elif secret is not None and not has_mac(one.content, secret):
            findings.append(Finding(Flaw.CHECKPOINT, name, f"{name} does not carry the MAC of the ledger's key"))
        checkpoints.setdefault(checkpoint.number, checkpoint)
    findings += _find_broken_links(checkpoints, contents)
    if secret is not None and 0 not in checkpoints:
        sentence = f"{checkpoint_name(0)} is missing, which was made with the ledger's key"
        findings.append(Finding(Flaw.CHECKPOINT, checkpoint_name(0), sentence))
    return dict(sorted(checkpoints.items()))


def _find_broken_links(checkpoints: Mapping[int, Checkpoint], contents: Mapping[int, bytes]) -> Iterator[Finding]:
    for number in range(min(checkpoints, default=0), max(checkpoints, default=0)):
        name, following = checkpoint_name(number), checkpoints.get(number + 1)
        if number not in checkpoints:
            yield Finding(Flaw.CHECKPOINT, name, f"{name} is missing, and a later one is there")
        elif following and (
            following.previous is None or following.previous.value != sha256(contents[number]).digest()
        ):
            yield Finding(Flaw.CHECKPOINT, name, f"{name} is another one than the next one was made after")


def _unmarked(checkpoints: Mapping[int, Checkpoint], secret: bytes | None) -> FindHead | None:
    """The chains of version 1 that are believed. Nobody knows them where there is neither a key nor a checkpoint."""
    known = checkpoints[0].by_batch if 0 in checkpoints else {}
    return known.get if secret is not None or checkpoints else None


def _compare(checkpoints: Mapping[int, Checkpoint], chains: Mapping[BatchId, _Chain]) -> Iterator[Finding]:
    """Say which chains do not begin with what a checkpoint knows of them, each once."""
    told: set[BatchId] = set()
    for number, checkpoint in checkpoints.items():
        for head in checkpoint.heads:
            finding = _compare_head(head, chains.get(head.batch), checkpoint_name(number))
            if finding and head.batch not in told:
                told.add(head.batch)
                yield finding


def _compare_head(head: ChainHead, chain: _Chain | None, name: str) -> Finding | None:
    batch = head.batch
    if chain is None:
        return Finding(Flaw.MISSING, batch, f"{batch} is missing; {name} knows {head.records} records of it")
    if len(chain.entries) < head.records:
        sentence = f"{batch} ends with record {len(chain.entries)}; {name} knows {head.records}"
        return Finding(Flaw.SHORTENED, batch, sentence)
    if head != ChainHead.of(batch, head.records, chain.entries[head.records - 1]):
        return Finding(Flaw.REPLACED, batch, f"{batch} record {head.records} is another one than {name} knows")
    return None
