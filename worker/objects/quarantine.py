"""The quarantine in a bucket: originals stay where they are, a record says why, and people are shown copies.

    quarantined/<document id>                    why, where people see a copy, and who put it aside for good
    quarantine/<route>/<name>, .txt, .error.json what people see (see `worker.storage.quarantine_folder`)
    documents/<id>/evidence.unverified, .sealed  what was sealed all the same

What people do below `quarantine/` changes nothing here. Putting a document here again finishes what was begun; once its
mark says that it was here (`documents/<id>/refused`), it is never put here again.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.text import Language
from worker.objects.bucket import Bucket
from worker.objects.documents import StoredDocuments, place_of, refused_mark, taken_key
from worker.objects.quarantine_records import QuarantineRecords
from worker.objects.quarantine_view import QuarantineView
from worker.objects.resent import ResentObjects
from worker.storage.explanation import Dismissal, Explanation, NotQuarantined, QuarantineEntry, QuarantineRecord
from worker.storage.layout import Layout
from worker.storage.quarantine import UNARCHIVED
from worker.storage.resent import Resent
from worker.storage.threads import in_thread

_UNVERIFIED = ".unverified"


class ObjectQuarantine:
    """Implements `jobs.ports.Quarantine` in a bucket.

    Texts for people begin in the `language` of the house, and have its times.
    """

    def __init__(
        self,
        bucket: Bucket,
        layout: Layout,
        *,
        now: Callable[[], datetime],
        language: Language = Language.ENGLISH,
        zone: tzinfo | None = None,
    ) -> None:
        self._bucket = bucket
        self._layout = layout
        self._documents = StoredDocuments(bucket, layout)
        self._records = QuarantineRecords(bucket, layout)
        self._view = QuarantineView(bucket, self._documents, language, zone)
        self._resent = ResentObjects(bucket)
        self._now = now

    @in_thread
    def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Keep the original with its explanation, and show a copy; doing it again changes nothing."""
        self.put_aside(Explanation.of(document, refusal, batch, self._now()))

    @in_thread
    def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and asks for somebody, with its explanation, oldest first."""
        return tuple(entry for entry in self._records.entries() if entry.dismissal is None)

    @in_thread
    def dismissed_entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and was put aside for good, oldest first."""
        return tuple(entry for entry in self._records.entries() if entry.dismissal is not None)

    async def unknown(self) -> tuple[Path, ...]:
        """Nothing: what others put below `quarantine/` is theirs, and nobody looks through all of it."""
        return ()

    @in_thread
    def find(self, document: DocumentId) -> QuarantineEntry:
        """The entry of that document, dismissed or not, with its files on this machine. Raises NotQuarantined."""
        return self._records.bring(self._find(document), self._documents)

    @in_thread
    def dismiss(self, document: DocumentId, dismissal: Dismissal) -> None:
        """Put a document aside for good; one that was, stays as it is. Raises NotQuarantined and OSError."""
        record = self._find(document)
        if record.dismissal is None:
            self._records.write(record.model_copy(update={"dismissal": dismissal}))
        # Done again where a crash has left it: nobody shall be asked by a copy that is still there.
        self._view.remove(record)

    @in_thread
    def reinstate(self, document: DocumentId) -> None:
        """Take a dismissal back: a copy is shown again. Raises NotQuarantined and OSError."""
        record = self._find(document)
        if record.dismissal is not None:
            shown_as = self._view.show(record.explanation)
            self._records.write(QuarantineRecord(explanation=record.explanation, shown_as=shown_as))

    def note_resent(self, entry: QuarantineEntry, became: DocumentId) -> None:
        """Announce as which document it is sent through again. Blocks; raises OSError."""
        self._resent.announce(Resent(explanation=entry.explanation, became=became, at=self._now()))

    @in_thread
    def find_resent(self, document: DocumentId) -> tuple[Resent | None, Resent | None]:
        """As which document it was sent through again, and of which one it is the sending again."""
        return self._resent.find(document), self._resent.find_origin(document)

    def documents(self) -> frozenset[DocumentId]:
        """All that lie here, put aside for good or not, by the names of their records alone. Blocks; raises OSError."""
        return self._records.documents()

    def explain(self, document: DocumentId) -> Explanation | None:
        """Why it lies here; None where it has left, and where the record is damaged. Blocks; raises OSError."""
        record = self._records.read(document)
        return None if record is None else record.explanation

    def put_aside(self, explanation: Explanation) -> None:
        """Keep the document's explanation and what was sealed of it, show a copy, and clear this machine's copies."""
        document = explanation.document
        # An original that is not kept any more went its way: this was done before.
        if not self._bucket.has(refused_mark(document)) and self._documents.has(document):
            known = self._records.read(document)
            explanation = known.explanation if known is not None else explanation
            self._keep_evidence(explanation)
            shown_as = self._view.show(explanation)
            self._records.write(QuarantineRecord(explanation=explanation, shown_as=shown_as))
            self._bucket.write(refused_mark(document), b"")
        self._bucket.remove(taken_key(document))
        self._documents.clear_copies(document)

    def forget(self, entry: QuarantineEntry, *, leave_copy: bool = False) -> None:
        """Remove the record and the copy of a document that goes on as another; evidence and the original stay.

        A copy that somebody has edited is left to them in any case.
        """
        record = self._records.read(entry.explanation.document)
        if record is not None:
            self._remove(record, leave_copy=leave_copy)

    def _find(self, document: DocumentId) -> QuarantineRecord:
        record = self._records.read(document)
        if record is not None and self._resent.find(document) is not None:
            # Whoever sent it again has not come to this, or is about to.
            self._remove(record)
            record = None
        if record is None:
            raise NotQuarantined(f"There is no {document} in quarantine; it may have been sent through again already.")
        return record

    def _remove(self, record: QuarantineRecord, *, leave_copy: bool = False) -> None:
        self._view.remove(record, leave_copy=leave_copy)
        self._records.remove(record.explanation.document)

    def _keep_evidence(self, explanation: Explanation) -> None:
        ending = evidence_ending(explanation.reason)
        sealed = self._layout.place(explanation.document).sealed
        if ending and sealed.exists():
            self._bucket.send(f"{place_of(explanation.document)}/evidence{ending}", sealed)


def evidence_ending(reason: Reason) -> str:
    """How the name ends of what was sealed of a document that was refused for that; empty where nothing was."""
    sealed = {Reason.NOT_VERIFIED, Reason.CANNOT_TELL, Reason.UNPROVEN, Reason.SEALED_BEFORE, Reason.UNEXPECTED}
    return UNARCHIVED if reason is Reason.NOT_ARCHIVED else _UNVERIFIED if reason in sealed else ""
