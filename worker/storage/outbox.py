"""The outbox: sealed files, each with a sidecar that says what it is. A file appears whole, after its sidecar.

    outbox/<route>/<name>         the sealed file
    outbox/<route>/<name>.json    the sidecar; created first and exclusively, so it reserves the name
    outbox/<route>/<name>.validation.json   the vendor's own report, on routes that ask for it

The sidecar is written once; a hard link to it, or a copy where the outbox lies elsewhere, is the note on the shelf.
What a crash between two steps leaves, and what delivering again makes of it:

    reserved in the outbox        finds its own sidecar (it names the document) and goes on under the same name
    noted on the shelf            `.reserved` keeps the name; the file is moved
    moved                         the file is there already, or a consumer has taken both: a second copy is dropped
    noted as delivered            `.delivered` answers, whatever became of the file since

A power cut leaves the same: contents are synced before they get their names, and the folders that a step has changed
before the next step begins (POSIX fsync(2), of the file and of its folder). No order among unsynced changes is relied
on. Documents that are delivered at the same time share those folder syncs; none of them is reported before the last.

Who may collect is the outbox folder's group, if that folder is shared (`sharing`).
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, ARoute, BatchId, DocumentId
from jobs.model.records import Delivery
from jobs.model.seals import Proof, SealedCopy
from worker.storage.durable import sync_file, write_once_noted, write_over, write_whole
from worker.storage.group_commit import GroupCommit
from worker.storage.layout import Layout, Place
from worker.storage.moving import move_unsynced
from worker.storage.names import candidates
from worker.storage.sharing import make_shared_folder, share_file
from worker.storage.tree import Location

_ENDING, _ = _ENDINGS = (".json", ".validation.json")
_LONGEST_SIDECAR = 1 << 16
"""Bytes; what is longer is none of our sidecars."""


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


@dataclass(slots=True)
class PendingDelivery:
    """One document on its way into the outbox; its `delivery` is known from the first step on."""

    batch: BatchId
    document: Document
    sealed: SealedCopy
    place: Place
    delivery: Delivery = field(init=False)
    is_noted: bool = False
    """Whether an earlier call delivered it to the end already."""


class DiskOutbox:
    """Implements `jobs.ports.Outbox` in one folder, which may lie on another file system than the shelf."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout
        self._commits = GroupCommit(self._reserve_pending, self._fill_pending, self._note_pending)

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        pending = PendingDelivery(batch, document, sealed, self._layout.place(document.id))
        await self._commits.commit(pending)
        return pending.delivery

    def reserve(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """First step: a free name, taken by the sidecar, which is the note on the shelf too. The caller syncs."""
        note = self._layout.place(document.id).reserved
        delivery = _read_note(note)
        if delivery is not None:
            return delivery
        folder = make_shared_folder(self._folder, self._folder / document.route)
        # Where a file stands in the place of a folder, the name is changed below.
        with suppress(FileExistsError, NotADirectoryError):
            make_shared_folder(self._folder, (folder / sealed.name).parent)
        for name, is_free in candidates(folder, sealed.name, _ENDINGS):
            sidecar = Sidecar.of(batch, document, sealed.proof, name)
            content = sidecar.model_dump_json(indent=2).encode()
            path = folder / (name + _ENDING)
            if is_free:
                with suppress(FileExistsError):
                    write_once_noted(path, note, content)
                    return sidecar.delivery
            if _is_sidecar_of(document.id, path):
                write_over(note, content)
                return sidecar.delivery
        raise AssertionError("names do not run out")

    def fill(self, delivery: Delivery, document: Document, report: str | None = None) -> None:
        """Second step: the sealed file moves to the reserved name, unless it is there or was already collected.

        The report stands there before it.
        """
        sealed = self._layout.place(document.id).sealed
        target = self._folder / document.route / delivery.name
        sidecar, reported = (target.with_name(target.name + ending) for ending in _ENDINGS)
        if not target.exists() and _is_sidecar_of(document.id, sidecar):
            share_file(self._folder, sidecar)
            if report is not None:
                write_whole(reported, report.encode())
                share_file(self._folder, reported)
            share_file(self._folder, sealed)
            sync_file(sealed)
            move_unsynced(sealed, target)
            # Once more, since a copy on another file system has a group of its own.
            share_file(self._folder, target)

    def _reserve_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        delivery = _read_note(pending.place.delivered)
        pending.is_noted = delivery is not None
        pending.delivery = delivery or self.reserve(pending.batch, pending.document, pending.sealed)
        return () if pending.is_noted else (self._target(pending).parent, pending.place.folder)

    def _fill_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        if pending.is_noted:
            return ()
        self.fill(pending.delivery, pending.document, pending.sealed.report)
        return (self._target(pending).parent,)

    def _note_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        if not pending.is_noted:
            pending.place.reserved.rename(pending.place.delivered)
        pending.place.sealed.unlink(missing_ok=True)
        return (pending.place.folder,)

    def _target(self, pending: PendingDelivery) -> Path:
        return self._folder / pending.document.route / pending.delivery.name


def _is_sidecar_of(document: DocumentId, path: Path) -> bool:
    """Others may put into the outbox what they like: links are not followed, pipes not waited for."""
    try:
        with Location.of(path).opened() as descriptor:
            return Sidecar.model_validate_json(os.read(descriptor, _LONGEST_SIDECAR)).document == document
    except (OSError, ValidationError):
        return False


def _read_note(note: Path) -> Delivery | None:
    """What the note says; None when there is none.

    None too when a consumer has written into the sidecar, which is the same file: delivered twice, then, not never.
    """
    try:
        return Sidecar.model_validate_json(note.read_bytes()).delivery
    except (FileNotFoundError, ValidationError):
        return None
