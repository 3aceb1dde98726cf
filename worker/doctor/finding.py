from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
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
    severity: Severity
    found: str
    advice: str = ""


def fine(subject: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, Severity.OK, found)


def caution(subject: str, found: str, advice: str) -> Finding:
    """Something to do some time."""
    return Finding(subject, Severity.WARNING, found, advice)


def fault(subject: str, found: str, advice: str) -> Finding:
    """Something to do now."""
    return Finding(subject, Severity.FAULT, found, advice)
