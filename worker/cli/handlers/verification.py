"""A sealed file before two judges: the audit, and with an original the worker's own judgement beside it."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.documents import SealFormat
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.seals import Proof
from worker.audit import AuditOutcome, FileReport, audit
from worker.inbox.ignoring import is_ignored
from worker.verification.asice.pair import judge_container
from worker.verification.pair import judge_pair


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the worker's own judgement says of one original and its sealing."""

    outcome: AuditOutcome
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """One file: the second opinion and, with an original, the worker's judgement beside it."""

    report: FileReport
    judgement: Judgement | None = None

    @property
    def ok(self) -> bool:
        """Whether both say yes."""
        return self.report.ok and (self.judgement is None or self.judgement.outcome is AuditOutcome.SOUND)

    @property
    def outcome(self) -> AuditOutcome:
        """The audit tells finer what is wrong; where it finds nothing, the judgement's word counts."""
        return self.report.outcome if not self.report.ok or self.judgement is None else self.judgement.outcome


@dataclass(frozen=True, slots=True)
class Judges:
    """Both judges, with these trust anchors, as of `now`."""

    anchors: Sequence[x509.Certificate]
    now: datetime

    async def verify(self, sealed: Path) -> Verification:
        """Judge each signature of a file by itself. Raises OSError."""
        return Verification(await audit(sealed, self.anchors, self.now))

    async def compare(self, original: Path, sealed: Path, *, visible: bool) -> Verification:
        """Judge whether the file is the sealing of this file, or folder, and nothing else. Raises OSError."""
        sources = _sources(original)
        report = await audit(sealed, self.anchors, self.now, original=sources, visible=visible)
        try:
            proof = await to_thread(self._proof, sources, sealed, report.format, visible=visible)
        except Rejected as error:
            return Verification(report, Judgement(_OUTCOMES.get(error.reason, AuditOutcome.ALTERED), error.detail))
        except MemoryError:
            return Verification(report, Judgement(AuditOutcome.CANNOT_TELL, "it needs more memory than is allowed"))
        return Verification(report, Judgement(AuditOutcome.SOUND, proof.level_name))

    def _proof(self, sources: Sequence[Path], sealed: Path, sealed_as: SealFormat, *, visible: bool) -> Proof:
        if sealed_as is SealFormat.EDOC:
            return judge_container(sources, sealed, anchors=self.anchors, now=self.now)
        if len(sources) != 1:
            raise Rejected(Reason.NOT_VERIFIED, "a folder becomes a container, and this is none")
        return judge_pair(sources[0], sealed, anchors=self.anchors, now=self.now, visible=visible)


_OUTCOMES = {Reason.CANNOT_TELL: AuditOutcome.CANNOT_TELL, Reason.UNPROVEN: AuditOutcome.UNPROVEN}


def _sources(original: Path) -> list[Path]:
    """The original, or the files in the folder that intake would take."""
    if not original.is_dir():
        return [original]
    return sorted(one for one in original.iterdir() if not is_ignored(one.name))
