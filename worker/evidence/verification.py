"""Verifying a ledger with all that lies beside it: its key, its checkpoints, and their sealed files.

It works on a copy as on the data folder itself, offline; nothing is written.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.chain import ChainKey, FindHead
from jobs.model.checkpoint import decode_checkpoint
from jobs.model.errors import BrokenCheckpoint
from jobs.model.ledger_archive import ArchiveStone
from worker.evidence.archives import ArchiveExamination, ExaminedArchives
from worker.evidence.chains import ExaminedChain, examine_chains, join_chains
from worker.evidence.comparison import CheckpointComparison
from worker.evidence.finding import Flaw, LedgerFinding
from worker.evidence.sealed import SealedCheckpoint, open_sealed
from worker.evidence.stored import StoredCheckpoint, extract
from worker.storage.checkpoints import SEALED, Checkpoints
from worker.storage.damage import damaged_path
from worker.storage.ledger_key import CHECKPOINTS, key_path


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was looked at, and what was found.

    `archives` is how many are there, `dropped` what stays of those that were dropped by policy. `sealed` are
    checkpoints whose seals were judged, `unjudged` those for which there were no trust anchors.
    """

    batches: int
    records: int
    checkpoints: int
    sealed: tuple[SealedCheckpoint, ...]
    unjudged: tuple[Path, ...]
    are_macs_checked: bool
    findings: tuple[LedgerFinding, ...]
    archives: int = 0
    dropped: tuple[ArchiveStone, ...] = ()

    @property
    def has_archives(self) -> bool:
        """Whether there are or were any."""
        return bool(self.archives or self.dropped)


async def verify_ledger(
    ledger: Path,
    anchors: Sequence[x509.Certificate],
    now: datetime,
    *,
    others: Sequence[Path] = (),
    copies: Path | None = None,
    sealed_by: str | None = None,
    is_copy: bool = True,
) -> LedgerReport:
    """Verify the ledger in a folder with the key and the checkpoints that lie beside it, and with `others`.

    `copies` is where copies of all of that are kept: whoever deletes or replaces here what shows his deed is found by
    the checkpoints there. Seals are judged where there are anchors; `sealed_by` is whose they have to be. Only a copy
    may lack its key. Raises OSError.
    """
    places = [Checkpoints(base / CHECKPOINTS) for base in (ledger.parent, copies) if base]
    containers = (*(path for each in places for path in sorted(each.folder.glob(f"*{SEALED}"))), *others)
    sealed = [await open_sealed(path, anchors, now, sealed_by) for path in containers if anchors]
    stored = [one.stored for one in sealed if one.stored]
    findings = [finding for one in sealed for finding in one.findings]
    if not anchors:
        stored += await asyncio.to_thread(_open_unjudged, containers, findings)
    stored += [StoredCheckpoint(each.path(number), number) for each in places for number in each.numbers()]
    key = key_path(ledger)
    secret = key.read_bytes() if key.exists() else None
    chains, archived, compared = await asyncio.to_thread(_examine, ledger, secret, stored, findings)
    if secret is None and not is_copy and (stored or any(chain.is_marked for chain in chains)):
        findings.append(LedgerFinding(Flaw.KEY, key.name, f"{key} is missing: MACs were not checked"))
    findings = [_name_repair(finding, ledger) for finding in findings]
    return LedgerReport(
        batches=len(chains),
        records=sum(len(chain.hashes) for chain in chains),
        checkpoints=compared,
        sealed=tuple(sealed),
        unjudged=() if anchors else containers,
        are_macs_checked=secret is not None,
        findings=tuple(findings),
        archives=archived.count,
        dropped=archived.stones,
    )


def _name_repair(finding: LedgerFinding, ledger: Path) -> LedgerFinding:
    """What a repair took out of the ledger is missing there all the same; but nobody shall look for an attacker first.

    Anybody can make such a folder, so it stays a finding.
    """
    aside = damaged_path(ledger, finding.where)
    if not aside.is_dir():
        return finding
    return replace(finding, sentence=f"{finding.sentence}; `zimogs repair` has set records of it aside, in {aside}")


def _open_unjudged(containers: Sequence[Path], findings: list[LedgerFinding]) -> list[StoredCheckpoint]:
    stored: list[StoredCheckpoint] = []
    for path in containers:
        try:
            stored.append(StoredCheckpoint(path, extract(path)[0]))
        except BrokenCheckpoint as error:
            findings.append(LedgerFinding(Flaw.SEAL, path.name, str(error)))
    return stored


def _examine(
    ledger: Path, secret: bytes | None, stored: Sequence[StoredCheckpoint], findings: list[LedgerFinding]
) -> tuple[Collection[ExaminedChain], ExaminedArchives, int]:
    """Look at everything; gives the chains, the archives, and the number of checkpoints."""
    key = ChainKey(secret, _find_unmarked(secret, stored))
    # The folder first: batches go from there into archives.
    here = examine_chains(ledger, key, findings.append)
    archived = ArchiveExamination(ledger, key, findings.append).examine()
    chains = join_chains(here, archived.chains, findings.append)
    compared = CheckpointComparison(chains, secret, findings.append).compare(stored)
    return chains.values(), archived, compared


def _find_unmarked(secret: bytes | None, stored: Sequence[StoredCheckpoint]) -> FindHead | None:
    """The chains of version 1 that are believed. Nobody knows them where there is neither a key nor a checkpoint."""
    if secret is None and not stored:
        return None
    for one in stored:
        if one.number == 0:
            try:
                return decode_checkpoint(one.read()).by_batch.get
            except BrokenCheckpoint:
                # That is told when all of them are compared.
                continue
    return lambda _: None
