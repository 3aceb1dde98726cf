"""What a sealed file proves by itself, in whatever form: everything but that its certificates can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from jobs.model.digest import Digest
from jobs.model.levels import Form
from worker.verification.evidence import Evidence
from worker.verification.timestamps import Timestamp


class ReadingPath(StrEnum):
    """How a sealed file was read."""

    FAST = "fast"
    """By our own reader alone."""
    SLOW = "slow"
    """By libraries too, for our own reader did not understand it."""


ObservePath = Callable[[ReadingPath], object]
"""Is told how each sealed file was read."""


@dataclass(frozen=True, slots=True)
class ArchiveTimestamp:
    """A timestamp over the seal and everything that proves it, and the evidence among that."""

    timestamp: Timestamp
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Inspected:
    """A sealed file that holds what was approved: `whole` is its SHA-256, `size` is in bytes."""

    form: Form
    whole: Digest
    size: int
    certificate: bytes
    """The seal's, in DER."""
    timestamp: Timestamp | None
    archives: tuple[ArchiveTimestamp, ...]
    """In the order in which they were added."""
    evidence: Evidence
    inherited: frozenset[bytes] = frozenset()
    """Certificates (DER) among the evidence that somebody else put into the original: they are not ours to judge."""
    signed_before: bool = False
    """Whether the original seems to hold signatures of others, of which the evidence may speak too."""
