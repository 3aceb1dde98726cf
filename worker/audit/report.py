"""What an audit tells: one outcome for programs, and sentences for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from jobs.model.documents import SealFormat
from jobs.model.levels import Form, SealLevel

CLOCK_SKEW = timedelta(minutes=5)
"""How far another's clock may be ahead of ours."""


class AuditOutcome(StrEnum):
    """What a file or a signature is found to be, the gravest first."""

    ALTERED = "altered"
    """Something is not what was sealed, or was added to it."""
    REVOKED = "revoked"
    """A certificate was revoked before the signature was made."""
    WEAK = "weak"
    """An algorithm or key is too weak, or a certificate was not issued for this: anybody might have made it."""
    EXPIRED = "expired"
    """The time does not fit: a certificate had ended, or not begun, or a timestamp lies in the future."""
    UNTRUSTED = "anchor-missing"
    """A certificate leads to none of the trust anchors."""
    UNSEALED = "unsealed"
    """There is no seal in the file."""
    CANNOT_TELL = "cannot-tell"
    """It is written in a way that is not understood here; that alone says nothing against it."""
    UNPROVEN = "unproven"
    """Nothing is wrong, but the file does not prove all it should: timestamp, revocation."""
    SOUND = "sound"


class Problem(NamedTuple):
    """One thing that is wrong, with a sentence for people."""

    outcome: AuditOutcome
    sentence: str


Problems = tuple[Problem, ...]


def worst_of(problems: Problems) -> AuditOutcome:
    """The gravest outcome among these; sound where nothing is wrong."""
    gravity = list(AuditOutcome)
    return min((one.outcome for one in problems), key=gravity.index, default=AuditOutcome.SOUND)


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature is worth by itself; `problems` are empty when all is well."""

    sealed_by: str
    organisation: str | None
    sealed_at: datetime | None
    form: Form
    level: SealLevel | None
    intact: bool
    trusted: bool
    covers_whole_file: bool
    """PDF: nothing but proofs was added since. Container: every data file is signed."""
    problems: Problems
    is_ours: bool = False
    """Whether this is the seal that decides about the file."""
    remarks: tuple[str, ...] = ()
    """What is odd, in sentences for people; it decides nothing."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Its problems for people."""
        return tuple(one.sentence for one in self.problems)

    @property
    def ok(self) -> bool:
        """Whether there is nothing to complain about."""
        return not self.problems

    @property
    def outcome(self) -> AuditOutcome:
        """The gravest of its problems."""
        return worst_of(self.problems)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file and its signatures, oldest first; `problems` are those of the file itself.

    One signature is ours: the newest (in a container, of those that lead to an anchor), or with an original the one
    added to it. It decides about the file together with the file's own problems; what is wrong with somebody else's
    signature is told and decides nothing.
    """

    file: Path
    format: SealFormat
    signatures: tuple[SignatureReport, ...] = ()
    data_files: tuple[str, ...] = ()
    """The names of what a container holds, in its order; none for a PDF."""
    problems: Problems = ()
    remarks: tuple[str, ...] = ()
    """What is odd about the file itself; it decides nothing."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The file's own problems for people."""
        return tuple(one.sentence for one in self.problems)

    @property
    def ours(self) -> SignatureReport | None:
        """The seal that decides, None where there is none."""
        return next((one for one in self.signatures if one.is_ours), None)

    @property
    def decisive_problems(self) -> Problems:
        """All problems that decide: the file's own and those of our seal."""
        return self.problems + (self.ours.problems if self.ours else ())

    @property
    def outcome(self) -> AuditOutcome:
        """The gravest problem that decides."""
        return worst_of(self.decisive_problems)

    @property
    def ok(self) -> bool:
        """Whether our seal and the file are in order."""
        return self.ours is not None and not self.decisive_problems


def unreadable(file: Path, sealed_as: SealFormat, error: BaseException) -> FileReport:
    """The report of a file on which a reader stumbled."""
    what = "PDF" if sealed_as is SealFormat.PDF else "container"
    why = "it needs more memory than is allowed" if isinstance(error, MemoryError) else str(error)
    return FileReport(
        file, sealed_as, problems=(Problem(AuditOutcome.CANNOT_TELL, f"the file cannot be read as a {what}: {why}"),)
    )
