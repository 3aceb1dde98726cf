"""What an audit tells: values for programs, and sentences for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from jobs.model.documents import SealFormat
from jobs.model.levels import Form, Level

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature is worth; `problems` are sentences for people, and empty when all is well."""

    sealed_by: str
    organisation: str | None
    sealed_at: datetime | None
    form: Form
    level: Level | None
    intact: bool
    trusted: bool
    covers_whole_file: bool
    """PDF: nothing but proofs was added since. Container: every data file is signed."""
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether there is nothing to complain about."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file and its signatures, oldest first; `problems` are those of the file itself."""

    file: Path
    format: SealFormat
    signatures: tuple[SignatureReport, ...] = ()
    data_files: tuple[str, ...] = ()
    """The names of what a container holds, in its order; none for a PDF."""
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file is sealed and every seal in it is in order."""
        return not self.problems and all(signature.ok for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one signature and its timestamps, in whatever form."""

    intact: bool
    trusted: bool
    revoked: bool
    covers: bool
    stamped_at: datetime | None
    stamp_is_sound: bool
    archives_are_sound: bool = True


def complaints(verdict: Verdict, uncovered: str, lacks: str | None, now: datetime) -> tuple[str, ...]:
    """Say what is wrong: `uncovered` if something is not covered, `lacks` if something is not proven."""
    stamped_at = verdict.stamped_at
    checks = (
        (verdict.intact, "the content was changed after it was sealed"),
        (not verdict.revoked, "a certificate was revoked"),
        (
            verdict.trusted or verdict.revoked,
            "the certificate leads to no trust anchor, or was not valid at the time",
        ),
        (verdict.covers, uncovered),
        (stamped_at, "there is no timestamp"),
        (verdict.stamp_is_sound, "the timestamp is not to be trusted"),
        (verdict.archives_are_sound, "an archive timestamp is not to be trusted"),
        (not stamped_at or stamped_at <= now + _CLOCK_SKEW, "the timestamp lies in the future"),
        (lacks is None, lacks),
    )
    return tuple(str(sentence) for fine, sentence in checks if not fine)


def unproven(verdict: Verdict) -> str | None:
    """What a trusted and timestamped seal lacks when the file does not prove it; None if more than that is wrong."""
    stamped = verdict.stamped_at is not None and verdict.stamp_is_sound
    return "nothing in the file proves that its certificates were not revoked" if stamped and verdict.trusted else None
