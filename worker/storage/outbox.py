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

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId, DocumentId
from jobs.model.records import Delivery
from jobs.model.seals import SealedCopy
from worker.storage.delivery_index import DeliveryIndex, Remembered
from worker.storage.durable import read_file, sync_file, write_once_noted, write_over, write_whole
from worker.storage.group_commit import GroupCommit
from worker.storage.layout import Layout, Place
from worker.storage.moving import move_unsynced
from worker.storage.names import candidates
from worker.storage.sharing import make_shared_folder, share_file
from worker.storage.sidecar import Sidecar, read_sidecar
from worker.storage.threads import in_thread

_ENDING, _ = _ENDINGS = (".json", ".validation.json")


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
        self._index = DeliveryIndex(folder, layout.root)
        self._commits = GroupCommit(self._reserve_pending, self._fill_pending, self._note_pending)

    def open(self) -> Self:
        """Make at the start what has to be in every copy of the data folder; gives itself back. Blocks."""
        self._index.make_key()
        return self

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        pending = PendingDelivery(batch, document, sealed, self._layout.place(document.id))
        await self._commits.commit(pending)
        return pending.delivery

    @in_thread
    def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the outbox shows of these documents, whatever the ledger knows. Raises OSError."""
        return self._index.find(documents)

    @in_thread
    def deliveries_beyond(self, known: Container[DocumentId]) -> Remembered:
        """What is remembered here of other documents than these, oldest first."""
        return self._index.beyond(known)

    @in_thread
    def deliveries_of(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """Deliveries of originals with these SHA-256 (hexadecimal), by hash, as far as we remember doing them."""
        return self._index.of_originals(hashes)

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
        if pending.is_noted:
            return ()
        # Remembered before the file is there: an older copy of the data folder must not seal it once more.
        sidecar = Sidecar.of(pending.batch, pending.document, pending.sealed.proof, pending.delivery.name)
        return (self._target(pending).parent, pending.place.folder, *self._index.add(sidecar))

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
    sidecar = read_sidecar(path)
    return sidecar is not None and sidecar.document == document


def _read_note(note: Path) -> Delivery | None:
    """What the note says; None when there is none.

    None too when a consumer has written into the sidecar, which is the same file: delivered twice, then, not never.
    """
    try:
        return Sidecar.model_validate_json(read_file(note)).delivery
    except (FileNotFoundError, ValidationError):
        return None
