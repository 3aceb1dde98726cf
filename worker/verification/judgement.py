"""The judgement of one sealed file, the same before delivery and for whoever asks again later."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs.model.documents import Document, SealFormat
from jobs.model.levels import SealLevel
from jobs.model.seals import Expectation, Proof
from worker.verification.asice.inspection import inspect as inspect_container
from worker.verification.assessor import Assessor
from worker.verification.chains import Chains
from worker.verification.inspected import ObservePath, ReadingPath
from worker.verification.pades.inspection import inspect as inspect_pdf
from worker.verification.refusal import reading, refused, unproven


@dataclass(frozen=True, slots=True)
class SealJudge:
    """Judges sealed files by what they hold at the moment `now`; uses no network."""

    chains: Chains
    now: datetime
    observe: ObservePath = lambda _: None
    is_alone: bool = True
    """Whether libraries shall be asked about a PDF that is not understood; else NotUnderstood is raised."""

    def judge(self, path: Path, document: Document, expectation: Expectation) -> Proof:
        """Hold the sealed file against the original it was made from and what was approved.

        Raises Rejected, NotUnderstood and OSError.
        """
        with reading("the sealed file"):
            return self._judge(path, document, expectation)

    def _judge(self, path: Path, document: Document, expectation: Expectation) -> Proof:
        if expectation.profile.format is SealFormat.PDF:
            found = inspect_pdf(path, document, expectation, self.observe, is_alone=self.is_alone)
        else:
            self.observe(ReadingPath.FAST)
            found = inspect_container(path, document, expectation)
        assessor = Assessor(self.chains, self.now, expectation.approved_at)
        level, why = assessor.level(found)
        if not level.reaches(SealLevel.LT):
            refuse = unproven if assessor.is_only_early(found) else refused
            raise refuse(f"the seal is only {level.of(found.form)}, B-LT is required: {why}")
        return Proof(
            sha256=found.whole,
            size=found.size,
            form=found.form,
            level=level,
            sealed_at=found.timestamp.at if found.timestamp else self.now,
        )
