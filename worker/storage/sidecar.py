"""The small JSON file beside each sealed file in the outbox, which says what was sealed when, by whom, and for whom.

Its form only grows within one version: fields come, and none goes or changes its meaning. What is not known is left
out. `deploy/schemas/sealed.json` describes it for other programs.
"""

import base64
import os
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.frozen import Frozen
from jobs.model.metadata import Metadata
from jobs.model.names import ABatch, ADocument, APerson, ARoute, BatchId
from jobs.model.records import Delivery
from jobs.model.seals import Proof, SealedBy
from worker.storage.tree import Location

_INTEGER = 0x02
_LONGEST = 1 << 16
"""Bytes; what is longer is no sidecar of ours."""


class OriginalFile(Frozen):
    """The original as it was dropped; `sha256` in hexadecimal, `size` in bytes."""

    name: str
    sha256: str
    size: int
    received_at: datetime

    @classmethod
    def of(cls, document: Document) -> Self:
        """The original of that document."""
        return cls(name=document.name, sha256=document.sha256.hex, size=document.size, received_at=document.received_at)


class SealedFile(Frozen):
    """The sealed file as it was verified; `name` is its path below the route's folder, `sha256` in hexadecimal."""

    name: str
    sha256: str
    size: int
    level: str
    sealed_at: datetime


class SealUsed(Frozen):
    """The seal: its label, and the certificate's serial number and SHA-256 in hexadecimal (RFC 5280 §4.1.2.2)."""

    label: str
    certificate_serial: str | None = None
    certificate_sha256: str

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, label: str, certificate: str) -> Self:
        """Name a certificate (base64 DER); one that cannot be read has no serial number."""
        content = base64.b64decode(certificate)
        return cls(label=label, certificate_serial=_serial(content), certificate_sha256=sha256(content).hexdigest())


class ApprovalGiven(Frozen):
    """Who approved the batch, by personal code where the settings say so, and when."""

    approver: APerson | None = None
    approved_at: datetime


class EarlierFile(Frozen):
    """The sealed file that this is a copy of: the document that was sealed, and its name below the route's folder."""

    document: ADocument
    name: str


class Sidecar(Frozen):
    """What stands in `<name>.json`: facts only, in a form that only grows within one `version`."""

    format: Literal["zimogs-sealed"] = "zimogs-sealed"
    version: Literal[1] = 1
    document: ADocument
    batch: ABatch
    route: ARoute
    original: OriginalFile
    sealed: SealedFile
    seal: SealUsed | None = None
    approval: ApprovalGiven | None = None
    metadata: Metadata | None = None
    """What came with the document; sums are texts, so that no reader rounds them."""
    copy_of: EarlierFile | None = None
    """Set where the same content had been sealed before, and was not sealed again."""

    @classmethod
    def of(
        cls,
        batch: BatchId,
        document: Document,
        proof: Proof,
        name: str,
        sealed_by: SealedBy | None = None,
        *,
        name_approver: bool = True,
    ) -> Self:
        """Say of a verified file what it was made of; `name` is its path below the route's folder."""
        approver = sealed_by.approver if sealed_by and name_approver else None
        return cls(
            document=document.id,
            batch=batch,
            route=document.route,
            original=OriginalFile.of(document),
            sealed=SealedFile(
                name=name, sha256=proof.sha256.hex, size=proof.size, level=proof.level_name, sealed_at=proof.sealed_at
            ),
            seal=SealUsed.of(sealed_by.label, sealed_by.certificate) if sealed_by else None,
            approval=ApprovalGiven(approver=approver, approved_at=sealed_by.approved_at) if sealed_by else None,
            metadata=document.metadata,
        )

    def copy_for(self, document: Document, name: str) -> Self:
        """The sidecar of a copy of this sealed file, delivered for another document of the same content."""
        origin = self.copy_of or EarlierFile(document=self.document, name=self.sealed.name)
        sealed = self.sealed.model_copy(update={"name": name})
        about = {"document": document.id, "original": OriginalFile.of(document), "sealed": sealed, "copy_of": origin}
        return self.model_copy(update=about | {"metadata": document.metadata})

    @property
    def content(self) -> bytes:
        """What is written into the file."""
        return self.model_dump_json(indent=2, exclude_none=True).encode()

    @property
    def line(self) -> bytes:
        """The same on one line, without what nobody needs who only asks what was delivered."""
        return self.model_dump_json(exclude_none=True, exclude={"seal", "approval", "metadata"}).encode()

    @property
    def earlier(self) -> EarlierDocument:
        """The same, as the one before another of the same content."""
        return EarlierDocument(
            document=self.document,
            name=self.original.name,
            received_at=self.original.received_at,
            batch=self.batch,
            sealed_as=self.sealed.name,
            sealed_at=self.sealed.sealed_at,
        )

    @property
    def delivery(self) -> Delivery:
        """The same, in the ledger's words."""
        digest = Digest(algorithm=HashAlgorithm.SHA256, hex=self.sealed.sha256)
        sealed = self.sealed
        return Delivery(document=self.document, name=sealed.name, sha256=digest, size=sealed.size, level=sealed.level)


def _serial(certificate: bytes) -> str | None:
    """The serial number: the first part of a certificate's content behind its version (RFC 5280 §4.1)."""
    # Only who writes a sidecar needs it: the status loads nothing that verifies.
    from worker.verification.der import SEQUENCE, read_element, read_elements  # noqa: PLC0415

    try:
        content = read_elements(read_element(certificate, SEQUENCE).contents)[0]
        serial = next(part for part in read_elements(content.contents) if part.identifier == _INTEGER)
    except (ValueError, IndexError, StopIteration):
        return None
    return f"{int.from_bytes(serial.contents, signed=True):x}"


def read_sidecar(path: Path) -> Sidecar | None:
    """The sidecar in that file; None when it is none: people may put there what they like, a pipe or a link too."""
    try:
        with Location.of(path).opened() as descriptor:
            return Sidecar.model_validate_json(os.read(descriptor, _LONGEST))
    except (OSError, ValidationError):
        return None
