"""The outbox: sealed files, each with a sidecar that says what it is. Each appears whole, in the order that is set.

    outbox/<route>/<name>         the sealed file
    outbox/<route>/<name>.json    the sidecar
    outbox/<route>/<name>.validation.json   the vendor's own report, on routes that ask for it; there before the file

The sidecar is created first and exclusively, so it reserves the name. Sidecar first, that is what consumers see: who
finds the sealed file finds its sidecar. Sealed file first, it is created as `.<name>.json.part`, which no consumer
looks at (Python's and Windows' `*.json` find hidden names too), and renamed when the file's name is durable: who finds
the sidecar finds the file. A name is free only where neither of the two stands, whatever was set when they were made.

The sidecar is written once; a hard link to it, or a copy where the outbox lies elsewhere, is the note on the shelf.
What a crash between two steps leaves, and what delivering again makes of it:

    announced on the shelf        `.reserving` tells that a name may have been taken: it is looked for
    reserved in the outbox        finds its own sidecar (it names the document), hidden or not, and goes on under the
                                  same name
    noted on the shelf            `.reserved` keeps the name; the file is moved
    moved                         the file is there already, or a consumer has taken it with its sidecar: a second copy
                                  is dropped. Where the sidecar is still there and the file is not, it is delivered
                                  twice: to the one who took it alone, and before its hidden sidecar came
    the sidecar published         as above; nothing is hidden any more
    noted as delivered            `.delivered` answers, whatever became of the file since; a sidecar that is hidden
                                  still, because a power cut took its new name back, is published

A power cut leaves the same: contents are synced before they get their names, and the folders that a step has changed
before the next step begins (POSIX fsync(2), of the file and of its folder). No order among unsynced changes is relied
on: the sidecar's second name and the note's are such, and the last line stands for both. Documents that are delivered
at the same time share those folder syncs; none of them is reported before the last.

A sidecar that a consumer takes away before its file has come, in a delivery that no crash has cut short, is written
again: the file was not there yet, so nobody has it.

Who may collect is the outbox folder's group, if that folder is shared (`sharing`).
"""

import errno
import os
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId, DocumentId
from jobs.model.records import Delivery
from jobs.model.seals import SealedCopy
from worker.storage.delivery_index import DeliveryIndex, Remembered
from worker.storage.durable import sync_file, sync_folder, write_whole
from worker.storage.group_commit import GroupCommit
from worker.storage.layout import Layout, Place
from worker.storage.moving import move_unsynced
from worker.storage.names import reach
from worker.storage.outbox_names import REPORT, OutboxNames, Reservation
from worker.storage.outbox_sidecars import find_own_sidecar, is_sidecar_of, read_note, reserve_again, sidecar_paths
from worker.storage.sharing import make_shared_folder, share_file
from worker.storage.sidecar import Sidecar, read_sidecar
from worker.storage.threads import in_thread


@dataclass(slots=True)
class PendingDelivery:
    """One document on its way into the outbox; its `delivery` is known from the second step on."""

    batch: BatchId
    document: Document
    sealed: SealedCopy
    place: Place
    earlier: Sidecar | None = None
    """Of what it is a copy of, where it was not sealed by itself."""
    reservation: Reservation | None = None
    """Its name, once that is announced; None where an earlier call came further."""
    delivery: Delivery = field(init=False)
    is_noted: bool = False
    """Whether an earlier call delivered it to the end already."""
    is_new: bool = False
    """Whether no earlier call came as far as the note: then its file is surely not there yet."""


class DiskOutbox:
    """Implements `jobs.ports.Outbox` in one folder, which may lie on another file system than the shelf.

    `is_sealed_first` has sidecars appear after their files; `name_approver` has them tell the approver's personal code.
    """

    def __init__(
        self, folder: Path, layout: Layout, *, is_sealed_first: bool = False, name_approver: bool = True
    ) -> None:
        self.folder = folder
        self._name_approver = name_approver
        self._layout = layout
        self._index = DeliveryIndex(folder, layout.root)
        self._names = OutboxNames(is_sealed_first=is_sealed_first)
        self._commits = GroupCommit(
            self._announce_pending, self._reserve_pending, self._fill_pending, self._note_pending
        )

    def open(self) -> Self:
        """Make at the start what has to be in every copy of the data folder; gives itself back. Blocks."""
        self._index.make_key()
        return self

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        pending = PendingDelivery(batch, document, sealed, self._layout.place(document.id))
        await self._commits.commit(pending)
        return pending.delivery

    async def return_earlier(self, document: Document, earlier: Sidecar, sealed: SealedCopy) -> Delivery:
        """Deliver a copy of an earlier sealed file for a document of the same content; again changes nothing.

        The copy stands on the shelf, like what was downloaded.
        """
        pending = PendingDelivery(earlier.batch, document, sealed, self._layout.place(document.id), earlier)
        await self._commits.commit(pending)
        return pending.delivery

    @in_thread
    def find_standing(self, document: Document, level: str) -> Sidecar | None:
        """Our delivery on its route of the same content at that level, whose file still stands there unchanged.

        Its sidecar tells by what seal it was sealed, where that stands there too.
        """
        for remembered in self._index.of_content(document):
            if remembered.sealed.level == level and self._index.is_there(remembered):
                beside = read_sidecar(sidecar_paths(self.folder / remembered.route / remembered.sealed.name)[0])
                known = beside if beside is not None and beside.delivery == remembered.delivery else remembered
                return remembered.model_copy(update={"seal": known.seal, "approval": known.approval})
        return None

    @in_thread
    def find_sealed(self, document: Document) -> EarlierDocument | None:
        """The newest delivery on the same route of the same content, as far as we remember."""
        return next((each.earlier for each in self._index.of_content(document)), None)

    @in_thread
    def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the outbox shows of these documents, whatever the ledger knows. Raises OSError."""
        return self._index.find(documents)

    @in_thread
    def deliveries_beyond(self, known: Container[DocumentId]) -> Remembered:
        """What is remembered here of other documents than these, oldest first."""
        return self._index.beyond(known)

    @in_thread
    def find_delivery(self, document: DocumentId) -> Sidecar | None:
        """The delivery of that document, as far as we remember doing it."""
        return self._index.of_document(document)

    @in_thread
    def deliveries_of(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """Deliveries of originals with these SHA-256 (hexadecimal), by hash, as far as we remember doing them."""
        return self._index.of_originals(hashes)

    def reserve(
        self, batch: BatchId, document: Document, sealed: SealedCopy, earlier: Sidecar | None = None
    ) -> Delivery:
        """First two steps: a free name, taken by the sidecar, which is the note on the shelf too. The caller syncs."""
        pending = PendingDelivery(batch, document, sealed, self._layout.place(document.id), earlier)
        self._announce(pending)
        sync_folder(pending.place.folder)
        self._take(pending)
        return pending.delivery

    def fill(self, delivery: Delivery, document: Document, report: str | None = None, *, is_new: bool = False) -> None:
        """Third step: the sealed file moves to the reserved name, unless it is there or was already collected.

        The report stands there before it. Where the delivery `is_new`, the file surely was not there before. Raises
        OSError, also when the name has gone to another: then a new one is reserved by delivering again.
        """
        place = self._layout.place(document.id)
        target = self.folder / document.route / delivery.name
        if target.exists():
            return
        sidecar = find_own_sidecar(document.id, target, place.reserved)
        if sidecar is None and is_new:
            sidecar = reserve_again(target, place.reserved)
        if sidecar is not None:
            share_file(self.folder, sidecar)
            if report is not None:
                reported = target.with_name(target.name + REPORT)
                write_whole(reported, report.encode())
                share_file(self.folder, reported)
            share_file(self.folder, place.sealed)
            sync_file(place.sealed)
            move_unsynced(place.sealed, target)
            # Once more, since a copy on another file system has a group of its own.
            share_file(self.folder, target)

    def publish(self, delivery: Delivery, document: Document) -> None:
        """Fourth step: a hidden sidecar gets its name; one that has it, or was collected, is fine. The caller syncs.

        Raises OSError, also where another file has come under that name.
        """
        visible, hidden = sidecar_paths(self.folder / document.route / delivery.name)
        if os.path.lexists(hidden) and is_sidecar_of(document.id, hidden):
            if os.path.lexists(visible):
                raise FileExistsError(errno.EEXIST, "stands where a sidecar belongs; move it away", str(visible))
            share_file(self.folder, hidden)
            hidden.rename(visible)

    def _announce_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        delivery = read_note(pending.place.delivered)
        if delivery is not None:
            pending.is_noted, pending.delivery = True, delivery
            self.publish(delivery, pending.document)
            return _if_there(self._target(pending).parent)
        pending.is_new = not pending.place.reserved.exists()
        self._announce(pending)
        return (pending.place.folder,)

    def _reserve_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        if pending.is_noted:
            return ()
        # Remembered before the file is there: an older copy of the data folder must not seal it once more.
        remembered = self._index.add(self._take(pending))
        return (self._target(pending).parent, pending.place.folder, *remembered)

    def _fill_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        if pending.is_noted:
            return ()
        self.fill(pending.delivery, pending.document, pending.sealed.report, is_new=pending.is_new)
        return (self._target(pending).parent,)

    def _note_pending(self, pending: PendingDelivery) -> Iterable[Path]:
        if not pending.is_noted:
            self.publish(pending.delivery, pending.document)
            pending.place.reserved.rename(pending.place.delivered)
        pending.place.sealed.unlink(missing_ok=True)
        return (pending.place.folder, *_if_there(self._target(pending).parent))

    def _announce(self, pending: PendingDelivery) -> None:
        """Choose a name, unless there is one by an earlier call, as the note on the shelf says."""
        if read_note(pending.place.reserved) is not None:
            return
        folder, wanted = make_shared_folder(self.folder, self.folder / pending.document.route), pending.sealed.name
        if "/" in wanted:
            # Where a file stands in the place of a folder, the name is changed.
            with suppress(FileExistsError, NotADirectoryError):
                make_shared_folder(self.folder, (folder / wanted).parent)
            wanted = reach(folder, wanted)
        pending.reservation = self._names.announce(pending.place, folder, wanted, partial(self._describe, pending))

    def _take(self, pending: PendingDelivery) -> Sidecar:
        if pending.reservation is not None:
            sidecar = self._names.take(pending.reservation)
            pending.delivery = sidecar.delivery
            return sidecar
        delivery = read_note(pending.place.reserved)
        if delivery is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(pending.place.reserved))
        pending.delivery = delivery
        return self._describe(pending, delivery.name)

    def _describe(self, pending: PendingDelivery, name: str) -> Sidecar:
        document, sealed = pending.document, pending.sealed
        if pending.earlier is not None:
            return pending.earlier.copy_for(document, name)
        by = sealed.sealed_by
        return Sidecar.of(pending.batch, document, sealed.proof, name, by, name_approver=self._name_approver)

    def _target(self, pending: PendingDelivery) -> Path:
        return self.folder / pending.document.route / pending.delivery.name


def _if_there(folder: Path) -> tuple[Path, ...]:
    return (folder,) if folder.is_dir() else ()
