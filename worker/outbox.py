"""The outbox: sealed files, each with a sidecar that says what it is. A file appears whole, after its sidecar.

    outbox/<route>/<name>         the sealed file
    outbox/<route>/<name>.json    the sidecar; created first and exclusively, so it reserves the name

What a crash between two steps leaves, and what delivering again makes of it:

    reserved in the outbox        finds its own sidecar (it names the document) and goes on under the same name
    noted on the shelf            `reserved.json` keeps the name; the file is moved
    moved                         the file is there already, or a consumer has taken both: a second copy is dropped
    noted as delivered            `delivered.json` answers, whatever became of the file since
"""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from jobs.frozen import Frozen
from jobs.model import Document, Proof
from jobs.names import ABatch, ADocument, ARoute, BatchId
from jobs.records import Delivery
from worker.durable import sync_file, sync_folder, write_over
from worker.shelf.layout import Layout
from worker.shelf.moving import move
from worker.shelf.names import reserve

_ENDING = ".json"


class OriginalFile(Frozen):
    """The original as it was dropped; `sha256` in hexadecimal, `size` in bytes."""

    name: str
    sha256: str
    size: int
    received_at: datetime


class SealedFile(Frozen):
    """The sealed file as it was verified; `sha256` in hexadecimal, `size` in bytes."""

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


class DiskOutbox:
    """Implements `jobs.ports.Outbox` in one folder, which may lie on another file system than the shelf."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout

    async def deliver(self, batch: BatchId, document: Document, proof: Proof) -> Delivery:
        """Put the sealed file and its sidecar into the outbox; doing it again changes nothing."""
        return await asyncio.to_thread(self._deliver, batch, document, proof)

    def _deliver(self, batch: BatchId, document: Document, proof: Proof) -> Delivery:
        place = self._layout.place(document.id)
        delivery = _noted(place.delivered)
        if delivery is None:
            delivery = self.reserve(batch, document, proof)
            self.fill(delivery, document)
            place.reserved.rename(place.delivered)
            sync_folder(place.folder)
        place.sealed.unlink(missing_ok=True)
        return delivery

    def reserve(self, batch: BatchId, document: Document, proof: Proof) -> Delivery:
        """First step: a free name, taken by the sidecar and noted on the shelf."""
        place = self._layout.place(document.id)
        delivery = _noted(place.reserved)
        if delivery is None:
            note = _sidecar(batch, document, proof).model_dump_json(indent=2).encode()
            folder = self._folder / document.route
            name = reserve(folder, document.name, note, [_ENDING], lambda path: _names(path, document))
            delivery = Delivery(
                document=document.id, name=name, sha256=proof.sha256, size=proof.size, level=proof.level
            )
            write_over(place.reserved, delivery.model_dump_json().encode())
        return delivery

    def fill(self, delivery: Delivery, document: Document) -> None:
        """Second step: the sealed file moves to the reserved name, unless it is there or was already collected."""
        sealed = self._layout.place(document.id).sealed
        target = self._folder / document.route / delivery.name
        if not target.exists() and _names(target.with_name(target.name + _ENDING), document):
            sync_file(sealed)
            move(sealed, target)


def _sidecar(batch: BatchId, document: Document, proof: Proof) -> Sidecar:
    return Sidecar(
        document=document.id,
        batch=batch,
        route=document.route,
        original=OriginalFile(
            name=document.name,
            sha256=document.sha256.hex,
            size=document.size,
            received_at=document.received_at,
        ),
        sealed=SealedFile(sha256=proof.sha256.hex, size=proof.size, level=proof.level, sealed_at=proof.sealed_at),
    )


def _names(sidecar: Path, document: Document) -> bool:
    """Whether the file is a sidecar of this very document."""
    try:
        return Sidecar.model_validate_json(sidecar.read_bytes()).document == document.id
    except (OSError, ValidationError):
        return False


def _noted(path: Path) -> Delivery | None:
    try:
        return Delivery.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
