"""The small JSON file beside each sealed file in the outbox, which says what was sealed when."""

import os
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, ARoute, BatchId
from jobs.model.records import Delivery
from jobs.model.seals import Proof
from worker.storage.tree import Location

_LONGEST = 1 << 16
"""Bytes; what is longer is no sidecar of ours."""


class OriginalFile(Frozen):
    """The original as it was dropped; `sha256` in hexadecimal, `size` in bytes."""

    name: str
    sha256: str
    size: int
    received_at: datetime


class SealedFile(Frozen):
    """The sealed file as it was verified; `name` is its path below the route's folder, `sha256` in hexadecimal."""

    name: str
    sha256: str
    size: int
    level: str
    sealed_at: datetime


class Sidecar(Frozen):
    """What stands in `<name>.json`: facts only, in a form that only grows within one `version`."""

    format: Literal["zimogs-sealed"] = "zimogs-sealed"
    version: Literal[1] = 1
    document: ADocument
    batch: ABatch
    route: ARoute
    original: OriginalFile
    sealed: SealedFile

    @classmethod
    def of(cls, batch: BatchId, document: Document, proof: Proof, name: str) -> Self:
        """Say of a verified file what it was made of; `name` is its path below the route's folder."""
        return cls(
            document=document.id,
            batch=batch,
            route=document.route,
            original=OriginalFile(
                name=document.name,
                sha256=document.sha256.hex,
                size=document.size,
                received_at=document.received_at,
            ),
            sealed=SealedFile(
                name=name, sha256=proof.sha256.hex, size=proof.size, level=proof.level_name, sealed_at=proof.sealed_at
            ),
        )

    @property
    def delivery(self) -> Delivery:
        """The same, in the ledger's words."""
        digest = Digest(algorithm=HashAlgorithm.SHA256, hex=self.sealed.sha256)
        sealed = self.sealed
        return Delivery(document=self.document, name=sealed.name, sha256=digest, size=sealed.size, level=sealed.level)


def read_sidecar(path: Path) -> Sidecar | None:
    """The sidecar in that file; None when it is none: people may put there what they like, a pipe or a link too."""
    try:
        with Location.of(path).opened() as descriptor:
            return Sidecar.model_validate_json(os.read(descriptor, _LONGEST))
    except (OSError, ValidationError):
        return None
