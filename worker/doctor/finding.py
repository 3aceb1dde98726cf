from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    """Works now, but somebody should do something."""
    FAULT = "fault"
    """Sealing cannot work like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, what was found, and what to do about it (empty when all is well)."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def fine(subject: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, Verdict.OK, found)


def warning(subject: str, found: str, advice: str) -> Finding:
    """Something to do some time."""
    return Finding(subject, Verdict.WARNING, found, advice)


def fault(subject: str, found: str, advice: str) -> Finding:
    """Something to do now."""
    return Finding(subject, Verdict.FAULT, found, advice)
