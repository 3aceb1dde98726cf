"""The outbox in a bucket: sealed files, each with a sidecar, below `outbox/<route>/`, as consumers find them on disk.

    outbox/<route>/<name>                   the sealed file
    outbox/<route>/<name>.json              the sidecar; created where there is none, it reserves the name
    outbox/<route>/.<name>.json.part        the same, as long as it is hidden: sealed file first
    outbox/<route>/<name>.validation.json   the vendor's report
    deliveries/<document id>                the note of a delivery, from its reservation on (`deliveries`)

The order is that of the outbox on disk, and so is what a crash between two steps leaves:

    reserved                      finds its own sidecar (it names the document), hidden or not, and goes on by that name
    noted                         the note keeps the name; the file is sent
    sent                          it is there already, or a consumer has taken it with its sidecar: it is not sent again
    noted as delivered            the note answers, whatever became of the file since
"""

import errno
from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId, DocumentId
from jobs.model.records import Delivery
from jobs.model.seals import SealedCopy
from worker.objects.bucket import Bucket
from worker.objects.deliveries import Deliveries, Noted
from worker.objects.free_names import FreeNames
from worker.storage.delivery_index import Remembered
from worker.storage.layout import Layout
from worker.storage.names import escape_controls
from worker.storage.sidecar import Sidecar
from worker.storage.threads import in_thread

OUTBOX = "outbox"
REPORT = ".validation.json"
_SIDECAR = ".json"


class ObjectOutbox:
    """Implements `jobs.ports.Outbox` in a bucket; sealed files come from this machine's shelf.

    `is_sealed_first` has sidecars appear after their files; `name_approver` has them tell the approver's personal code.
    """

    def __init__(
        self, bucket: Bucket, layout: Layout, *, is_sealed_first: bool = False, name_approver: bool = True
    ) -> None:
        self._bucket = bucket
        self._layout = layout
        self._is_sealed_first = is_sealed_first
        self._name_approver = name_approver
        self._deliveries = Deliveries(bucket, OUTBOX)
        self._names = FreeNames(bucket, len(REPORT))

    @in_thread
    def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        return self._deliver(batch, document, sealed)

    @in_thread
    def return_earlier(self, document: Document, earlier: Sidecar, sealed: SealedCopy) -> Delivery:
        """Deliver a copy of an earlier sealed file for a document of the same content; again changes nothing."""
        return self._deliver(earlier.batch, document, sealed, earlier)

    def _deliver(
        self, batch: BatchId, document: Document, sealed: SealedCopy, earlier: Sidecar | None = None
    ) -> Delivery:
        noted = self._deliveries.read(document.id)
        is_new = noted is None
        if noted is None:
            noted = self._deliveries.begin(self._reserve(batch, document, sealed, earlier))
        if not noted.is_delivered:
            self._fill(noted, document, sealed.report, is_new=is_new)
            self._publish(noted.sidecar)
            noted = self._deliveries.finish(noted)
        self._layout.place(document.id).sealed.unlink(missing_ok=True)
        return noted.sidecar.delivery

    @in_thread
    def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the outbox shows of these documents, whatever the ledger knows. Raises OSError."""
        found = self._bucket.each(self._deliveries.read, [document.id for document in documents])
        return tuple(self._deliveries.describe(noted.sidecar) for noted in found if noted is not None)

    @in_thread
    def find_sealed(self, document: Document) -> EarlierDocument | None:
        """The newest delivery on the same route of the same content, as far as we remember."""
        same = self._deliveries.of_content(document)
        return same[-1].earlier if same else None

    @in_thread
    def deliveries_of(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """Deliveries of originals with these SHA-256 (hexadecimal), by hash, as far as we remember doing them."""
        return self._deliveries.of_originals(hashes)

    @in_thread
    def deliveries_beyond(self, known: Container[DocumentId]) -> Remembered:
        """What is remembered of other documents than these: what a ledger does not know that was restored."""
        return self._deliveries.beyond(known)

    @in_thread
    def find_delivery(self, document: DocumentId) -> Sidecar | None:
        """The delivery of that document, as far as we remember doing it."""
        noted = self._deliveries.read(document)
        return noted.sidecar if noted is not None else None

    def _reserve(
        self, batch: BatchId, document: Document, sealed: SealedCopy, earlier: Sidecar | None = None
    ) -> Sidecar:
        """A free name, taken by the sidecar that is created there, hidden or not."""
        folder = f"{OUTBOX}/{document.route}"
        for number, name in self._names.give(folder, escape_controls(sealed.name)):
            sidecar = self._describe(batch, document, sealed, name) if not earlier else earlier.copy_for(document, name)
            visible, hidden = sidecar_keys(f"{folder}/{name}")
            wanted, other = (hidden, visible) if self._is_sealed_first else (visible, hidden)
            if not self._bucket.exists(other) and not self._bucket.exists(f"{folder}/{name}"):
                with suppress(FileExistsError):
                    self._bucket.create(wanted, sidecar.content)
                    self._names.note(folder, escape_controls(sealed.name), number)
                    return sidecar
            if self._find_sidecar(document.id, f"{folder}/{name}") is not None:
                return sidecar
        raise AssertionError("names do not run out")

    def _describe(self, batch: BatchId, document: Document, sealed: SealedCopy, name: str) -> Sidecar:
        by = sealed.sealed_by
        return Sidecar.of(batch, document, sealed.proof, name, by, name_approver=self._name_approver)

    def _fill(self, noted: Noted, document: Document, report: str | None, *, is_new: bool) -> None:
        """Send the file, unless it is there or was already collected; the report stands there before it.

        Where the delivery `is_new`, the file surely was not there before, whoever has taken its sidecar. Raises
        OSError, also when the name has gone to another: then a new one is reserved by delivering again.
        """
        target = f"{OUTBOX}/{document.route}/{noted.sidecar.delivery.name}"
        if self._bucket.exists(target):
            return
        if self._find_sidecar(document.id, target) is None:
            if not is_new:
                return
            self._reserve_again(noted, target)
        if report is not None:
            self._bucket.write(target + REPORT, report.encode())
        self._bucket.send(target, self._layout.place(document.id).sealed)

    def _reserve_again(self, noted: Noted, target: str) -> None:
        visible, hidden = sidecar_keys(target)
        if not self._bucket.exists(hidden):
            with suppress(FileExistsError):
                self._bucket.create(visible, noted.sidecar.content)
                return
        self._deliveries.give_up(noted)
        raise FileExistsError(errno.EEXIST, "is the name of another delivery by now", target)

    def _publish(self, sidecar: Sidecar) -> None:
        """Give a hidden sidecar its name; one that has it, or was collected, is fine."""
        visible, hidden = sidecar_keys(f"{OUTBOX}/{sidecar.route}/{sidecar.sealed.name}")
        if self._is_of(sidecar.document, hidden):
            try:
                self._bucket.create(visible, self._bucket.read(hidden))
            except FileExistsError:
                if not self._is_of(sidecar.document, visible):
                    why = "stands where a sidecar belongs; move it away"
                    raise FileExistsError(errno.EEXIST, why, visible) from None
            self._bucket.remove(hidden)

    def _find_sidecar(self, document: DocumentId, target: str) -> str | None:
        return next((key for key in sidecar_keys(target) if self._is_of(document, key)), None)

    def _is_of(self, document: DocumentId, key: str) -> bool:
        with suppress(FileNotFoundError, ValidationError):
            return Sidecar.model_validate_json(self._bucket.read(key)).document == document
        return False


def sidecar_keys(target: str) -> tuple[str, str]:
    """Where the sidecar of that sealed file stands, and where it stands hidden."""
    folder, _, name = target.rpartition("/")
    return f"{target}{_SIDECAR}", f"{folder}/.{name}{_SIDECAR}.part"
