"""The same content handed in once more: what a route makes of it, and what is known of the one before."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, APathName


class Duplicates(StrEnum):
    """What becomes of a document whose content (SHA-256 and size) came on its route before."""

    SEAL = "seal"
    """It is sealed like any other."""
    SKIP = "skip"
    """It is not sealed; a note in the outbox tells which document it repeats."""
    RETURN_EARLIER = "return-earlier"
    """The sealed file of the one before is delivered once more, under its own name."""
    QUARANTINE = "quarantine"
    """It is put aside."""


ANSWERED = (Duplicates.SKIP, Duplicates.RETURN_EARLIER)
"""What leaves a document without a seal of its own, and not in quarantine."""


class Twin(Frozen):
    """The document that came before with the same content; `sealed_as` and `sealed_at` once it was delivered."""

    document: ADocument
    name: APathName
    received_at: AwareDatetime
    batch: ABatch | None = None
    sealed_as: APathName | None = None
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        """Say which it is, in a part of a sentence."""
        batch = f", in batch {self.batch}" if self.batch else ""
        sealed = f", sealed {self.sealed_at:%Y-%m-%d %H:%M %Z} as {self.sealed_as}" if self.sealed_at else ""
        return f"{self.name} of {self.received_at:%Y-%m-%d %H:%M %Z} ({self.document}){batch}{sealed}"


class Repeated(Frozen):
    """A document that is not sealed by itself because the same content came before, and what the route does about it.

    `returned_as` is the name of the earlier sealed file's copy, once there is one.
    """

    document: Document
    rule: Duplicates
    twin: Twin
    returned_as: APathName | None = None
    note: APathName | None = None
    """The note below the outbox that tells of it, once there is one."""

    @property
    def is_answered(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.rule is not Duplicates.RETURN_EARLIER or self.returned_as is not None

    def __str__(self) -> str:
        """Say what became of it, in a sentence."""
        if self.rule is Duplicates.SKIP:
            return f"not sealed, as it is the same as {self.twin}"
        if self.returned_as is not None:
            return f"returned as {self.returned_as}: the same content as {self.twin}"
        return f"waits for the sealed file of {self.twin}, which is the same"
