"""What an examination of the ledger finds, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Flaw(StrEnum):
    """What is wrong. Values are for programs."""

    CHANGED = "changed"
    """A record cannot be read, does not fit the one before it, or was not written with the ledger's key."""
    NEWER = "newer-format"
    """A record was written by a newer zimogs."""
    MISSING = "missing"
    """A record or a batch is not there."""
    SHORTENED = "shortened"
    """A chain ends before the record to which a checkpoint knows it."""
    REPLACED = "replaced"
    """A chain holds other records than a checkpoint knows, whatever hashes and MACs say."""
    CHECKPOINT = "checkpoint"
    """A checkpoint is missing, cannot be read, or is not the ledger's own."""
    ARCHIVE = "archive"
    """An archive is missing, cannot be read, or is another one than the next was made after."""
    KEY = "key"
    """The key of the ledger's MACs is not where it belongs."""
    SEAL = "seal"
    """The seal of a checkpoint is not in order, or not that of the route."""


_RESTORE = (
    "Keep the folder as it is, for whoever investigates. Compare the batch with the copy under audit.copy_to or with a "
    "backup, and restore its records from there."
)
ADVICE: Mapping[Flaw, str] = MappingProxyType(
    {
        Flaw.CHANGED: _RESTORE,
        Flaw.NEWER: "Install the version of zimogs that wrote it, or a newer one.",
        Flaw.MISSING: _RESTORE,
        Flaw.SHORTENED: _RESTORE,
        Flaw.REPLACED: "Somebody has rewritten it: treat it as a security incident. " + _RESTORE,
        Flaw.CHECKPOINT: "Take the checkpoint from the copy under audit.copy_to, or from a backup.",
        Flaw.ARCHIVE: "Restore the archive from the backup of the data folder; its batches stand nowhere else.",
        Flaw.KEY: "Restore it from the backup of the data folder; without it checkpoints alone show what was forged.",
        Flaw.SEAL: "Run `zimogs verify` on it, and compare it with the copy under audit.copy_to.",
    }
)
"""What a person can do about each."""


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """One thing that is wrong: where it lies, and a sentence for people."""

    flaw: Flaw
    where: str
    sentence: str

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.flaw]
