"""Verifying a ledger with all that lies beside it: its key, its checkpoints, and their sealed files."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from worker.evidence.finding import Finding, Flaw
from worker.evidence.sealed import SealedCheckpoint, extract, open_sealed
from worker.evidence.verification import StoredCheckpoint, examine
from worker.storage.checkpoints import SEALED, Checkpoints
from worker.storage.ledger_key import CHECKPOINTS, key_path


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was looked at, and what was found.

    `sealed` are checkpoints whose seals were judged, `unjudged` those for which there were no trust anchors.
    """

    batches: int
    records: int
    checkpoints: int
    sealed: tuple[SealedCheckpoint, ...]
    unjudged: tuple[Path, ...]
    are_macs_checked: bool
    findings: tuple[Finding, ...]


async def verify_ledger(
    ledger: Path,
    anchors: Sequence[x509.Certificate],
    now: datetime,
    *,
    others: Sequence[Path] = (),
    sealed_by: str | None = None,
    is_copy: bool = True,
) -> LedgerReport:
    """Verify the ledger in a folder with the key and the checkpoints that lie beside it, and with `others`.

    Seals are judged where there are anchors; `sealed_by` is whose they have to be. Only a copy may lack its key.
    Raises OSError.
    """
    checkpoints = Checkpoints(ledger.parent / CHECKPOINTS)
    stored = await asyncio.to_thread(_read_stored, checkpoints)
    paths = [*sorted(checkpoints.folder.glob(f"*{SEALED}")), *others]
    sealed = [await open_sealed(path, anchors, now, sealed_by) for path in paths if anchors]
    stored += [one.stored for one in sealed if one.stored]
    unjudged = () if anchors else tuple(paths)
    for path in unjudged:
        content = await asyncio.to_thread(extract, path)
        stored += [StoredCheckpoint(path, content)] if content else []
    key = key_path(ledger)
    secret = key.read_bytes() if key.exists() else None
    lost = [] if secret or is_copy else [Finding(Flaw.KEY, key.name, f"{key} is missing: MACs were not checked")]
    examined = await asyncio.to_thread(examine, ledger, secret, stored)
    return LedgerReport(
        batches=examined.batches,
        records=examined.records,
        checkpoints=len({one.content for one in stored}),
        sealed=tuple(sealed),
        unjudged=unjudged,
        are_macs_checked=secret is not None,
        findings=(*lost, *examined.findings, *(finding for one in sealed for finding in one.findings)),
    )


def _read_stored(checkpoints: Checkpoints) -> list[StoredCheckpoint]:
    paths = map(checkpoints.path, checkpoints.numbers())
    return [StoredCheckpoint(path, path.read_bytes()) for path in paths]
