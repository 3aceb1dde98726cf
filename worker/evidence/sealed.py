"""Sealed checkpoints: the seal by the second opinion, and the checkpoint that it covers."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from cryptography import x509

from jobs.model.checkpoint import checkpoint_number
from jobs.model.seals import normalise_label
from worker.audit import FileReport, audit
from worker.evidence.finding import Finding, Flaw
from worker.evidence.verification import StoredCheckpoint

_MAX_SIZE = 256 << 20
"""Bytes of a checkpoint: far more than a million batches take."""


class SealedCheckpoint(NamedTuple):
    """A sealed checkpoint that was opened: what its seal is worth, and the checkpoint where there is one in it."""

    path: Path
    report: FileReport
    stored: StoredCheckpoint | None
    findings: tuple[Finding, ...]


async def open_sealed(
    path: Path, anchors: Sequence[x509.Certificate], now: datetime, sealed_by: str | None = None
) -> SealedCheckpoint:
    """Judge one container, and take the checkpoint out. `sealed_by` is whose seal it has to be. Raises OSError."""
    report = await audit(path, anchors, now)
    content = await asyncio.to_thread(extract, path)
    flaws = [f"{path.name}: {problem.sentence}" for problem in report.decisive_problems]
    if content is None:
        flaws.append(f"{path.name} does not hold one checkpoint and nothing else")
    elif sealed_by and report.ours and normalise_label(report.ours.sealed_by) != normalise_label(sealed_by):
        flaws.append(f"{path.name} was sealed by {report.ours.sealed_by}, not by {sealed_by}")
    findings = tuple(Finding(Flaw.SEAL, path.name, sentence) for sentence in flaws)
    stored = None if content is None else StoredCheckpoint(path, content, is_sealed=not findings)
    return SealedCheckpoint(path, report, stored, findings)


def extract(path: Path) -> bytes | None:
    """The checkpoint in a container, whatever its seal is worth; None where there is none. Blocks. Raises OSError."""
    try:
        with ZipFile(path) as archive:
            (entry,) = (one for one in archive.infolist() if checkpoint_number(one.filename) is not None)
            return archive.read(entry) if entry.file_size <= _MAX_SIZE else None
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
