"""What a library that writes into PDFs must be able to do, and those that may be chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sandbox.pades.dss import Catalogue
from sandbox.pades.revision import PdfObject, Revision, Tail
from sandbox.pki import ValidationData


@dataclass(frozen=True, slots=True)
class RevisionPlan:
    """The changed objects of a signature's revision, but for the signature itself, whose number is reserved.

    `lay_out` writes a revision of such objects; `catalogue` is kept by writers that need not read the file again.
    """

    objects: tuple[PdfObject, ...]
    signature_number: int
    lay_out: Callable[[Sequence[PdfObject]], Revision]
    catalogue: Catalogue | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a writer knows of a file that it wrote itself."""

    tail: Tail
    catalogue: Catalogue


class Writer(Protocol):
    """One hand that seals PDFs. Both calls raise `NotSealable` for what is no PDF, encrypted or damaged."""

    def plan(self, document: bytes, field: str, now: datetime) -> RevisionPlan:
        """Return what a new signature changes in the PDF; its field is named `field` and a number."""
        ...

    def store(
        self, document: bytes, proofs: ValidationData, signature: bytes, now: datetime, known: Known | None = None
    ) -> bytes:
        """Return the PDF with these proofs in its store; `signature` is the CMS they are for, or nothing."""
        ...
