"""The judgement of one sealed file, the same before delivery and for whoever asks again later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs.model.documents import Document, SealFormat, SealLevel
from jobs.model.errors import Rejected
from jobs.model.levels import Level
from jobs.model.seals import Expectation, Proof
from worker.verification.asice.inspection import inspect as inspect_container
from worker.verification.assessor import Assessor
from worker.verification.chains import Chains
from worker.verification.inspected import Inspected, ReadingPath
from worker.verification.pades.inspection import inspect as inspect_pdf
from worker.verification.refusal import refused, require

_INSPECT: dict[SealFormat, Callable[[Path, Document, Expectation], Inspected]] = {
    SealFormat.PDF: inspect_pdf,
    SealFormat.EDOC: inspect_container,
}


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges sealed files by what they hold at the moment `now`; uses no network."""

    chains: Chains
    now: datetime
    observe: Callable[[ReadingPath], object] = lambda _: None
    """Is told how each file was read."""

    def judge(self, path: Path, document: Document, expectation: Expectation) -> Proof:
        """Hold the sealed file against the original it was made from and what was approved. Raises Rejected."""
        try:
            found = _INSPECT[expectation.profile.format](path, document, expectation)
            return self._proof(found, expectation.approved_at)
        except (Rejected, OSError, MemoryError):
            raise
        except Exception as error:
            # A parser may stumble in any way over a hostile file; whatever it was, the file is not verified.
            raise refused(f"the sealed file cannot be understood: {error!r}") from error

    def _proof(self, found: Inspected, approved_at: datetime | None) -> Proof:
        level, why = Assessor(self.chains, self.now, approved_at).level(found)
        require(level.reaches(Level.LT), f"the seal is only {level.of(found.form)}, B-LT is required: {why}")
        return Proof(
            sha256=found.whole,
            size=found.size,
            level=level.of(found.form),
            reached=SealLevel.LTA if level is Level.LTA else SealLevel.LT,
            sealed_at=found.timestamp.at if found.timestamp else self.now,
        )
