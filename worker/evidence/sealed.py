"""Sealed checkpoints: the seal by the second opinion, and the checkpoint that it covers."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from jobs.model.errors import BrokenCheckpoint
from jobs.model.seals import normalise_label
from worker.audit import FileReport, audit
from worker.evidence.finding import Finding, Flaw
from worker.evidence.stored import StoredCheckpoint, extract


class SealedCheckpoint(NamedTuple):
    """A sealed checkpoint that was opened: what its seal is worth, and the checkpoint where there is one in it."""

    path: Path
    report: FileReport
    stored: StoredCheckpoint | None
    findings: tuple[Finding, ...]


async def open_sealed(
    path: Path, anchors: Sequence[x509.Certificate], now: datetime, sealed_by: str | None = None
) -> SealedCheckpoint:
    """Judge one container and find the checkpoint in it. `sealed_by` is whose seal it has to be. Raises OSError."""
    report = await audit(path, anchors, now)
    flaws = [f"{path.name}: {problem.sentence}" for problem in report.decisive_problems]
    if sealed_by and report.ours and normalise_label(report.ours.sealed_by) != normalise_label(sealed_by):
        flaws.append(f"{path.name} was sealed by {report.ours.sealed_by}, not by {sealed_by}")
    number = None
    try:
        number, _ = await asyncio.to_thread(extract, path)
    except BrokenCheckpoint as error:
        flaws.append(str(error))
    findings = tuple(Finding(Flaw.SEAL, path.name, sentence) for sentence in flaws)
    stored = None if number is None else StoredCheckpoint(path, number, is_sealed=not findings)
    return SealedCheckpoint(path, report, stored, findings)
