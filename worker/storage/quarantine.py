"""The quarantine on disk: originals are kept in the data folder, and people are shown copies.

    data/quarantined/<document id>.original      the original, byte-identical (see `layout`)
    data/quarantined/<document id>.metadata      the sidecar that came with it, likewise
    quarantine/<route>/<name>, .txt, .error.json what people see (see `quarantine_folder`)

What people do to the quarantine folder changes nothing here: no note in it is believed, and it may be emptied.
What a person has put aside for good (a dismissal) is shown there no more, and is kept here as it was.

The original moves last. While it stands on the shelf nothing is over, and putting it again finishes what was
begun; once it has left, only the place on the shelf has to be cleared.
"""

import stat
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.text import Language
from worker.storage.durable import make_folder, sync_file, write_over
from worker.storage.explanation import Dismissal, Explanation, NotQuarantined, QuarantineEntry, QuarantineRecord
from worker.storage.layout import RECORD, Layout, QuarantinePlace
from worker.storage.moving import move, sync
from worker.storage.quarantine_folder import SIDECAR, QuarantineFolder, is_edited
from worker.storage.quarantine_list import QuarantineList, read_record
from worker.storage.resent import Resent, ResentNotes
from worker.storage.threads import in_thread

OURS_ALONE = stat.S_IRUSR | stat.S_IWUSR
"""The mode of what failed verification: nobody shall take it for a sealed file."""
UNARCHIVED = ".sealed"
"""How the name ends of what is sealed, and lacks the archive timestamp that its route asks for."""
_EVIDENCE = {
    Reason.NOT_VERIFIED: ".unverified",
    Reason.CANNOT_TELL: ".unverified",
    Reason.UNPROVEN: ".unverified",
    Reason.SEALED_BEFORE: ".unverified",
    Reason.UNEXPECTED: ".unverified",
    Reason.NOT_ARCHIVED: UNARCHIVED,
}


class DiskQuarantine:
    """Implements `jobs.ports.Quarantine`. `folder`, which people see, may lie on another file system than the data.

    Texts for people begin in the `language` of the house, and have its times.
    """

    def __init__(
        self,
        folder: Path,
        layout: Layout,
        *,
        now: Callable[[], datetime],
        language: Language = Language.ENGLISH,
        zone: tzinfo | None = None,
    ) -> None:
        self._shown = QuarantineFolder(folder, language, zone)
        self._layout = layout
        self._list = QuarantineList(layout, folder)
        self._resent = ResentNotes(layout)
        self._now = now

    @in_thread
    def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Keep the original with its explanation, and show a copy; doing it again changes nothing."""
        self.put_aside(Explanation.of(document, refusal, batch, self._now()))

    @in_thread
    def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and asks for somebody, with its explanation, oldest first."""
        return tuple(entry for entry in self._list.read() if entry.dismissal is None)

    @in_thread
    def dismissed_entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept and was put aside for good, oldest first."""
        return tuple(entry for entry in self._list.read() if entry.dismissal is not None)

    @in_thread
    def unknown(self) -> tuple[Path, ...]:
        """Files that lie in the quarantine folder with a note, though nothing is known of them here.

        An earlier version put them there, or this data folder is an older copy of what it was, or somebody planted
        them. They are whoever's they are: nothing is done with them.
        """
        return tuple(path for path, document in self._shown.notes() if not self._is_known(document))

    @in_thread
    def find(self, document: DocumentId) -> QuarantineEntry:
        """The entry of that document, dismissed or not. Raises NotQuarantined."""
        return self._find(document)

    @in_thread
    def dismiss(self, document: DocumentId, dismissal: Dismissal) -> None:
        """Put a document aside for good; one that was, stays as it is. Raises NotQuarantined and OSError.

        The original stays. Its copy goes from where people look for what is left to do, unless somebody has edited it.
        """
        entry = self._find(document)
        if entry.dismissal is None:
            shown_as = entry.shown.relative_to(self._shown.folder).as_posix()
            self._write(QuarantineRecord(explanation=entry.explanation, shown_as=shown_as, dismissal=dismissal))
        # Done again where a crash has left it: nobody shall be asked by a copy that is still there.
        self._shown.remove_evidence(entry)
        try:
            self._shown.remove(entry, leave_copy=is_edited(entry))
        except FileNotFoundError:
            # Nothing is left to be put aside: whoever sends it again clears up behind it.
            raise NotQuarantined(f"{document} was sent through again meanwhile.") from None

    @in_thread
    def reinstate(self, document: DocumentId) -> None:
        """Take a dismissal back: a copy is shown again. Raises NotQuarantined and OSError."""
        entry = self._find(document)
        if entry.dismissal is not None:
            explanation = entry.explanation
            kept = self._layout.quarantine_place(document)
            try:
                shown_as = self._shown.show(explanation, entry.original, kept.original)
            except FileNotFoundError:
                raise NotQuarantined(f"{document} was sent through again meanwhile.") from None
            self._show_beside(shown_as, explanation.reason, kept)
            self._write(QuarantineRecord(explanation=explanation, shown_as=shown_as))

    def note_resent(self, entry: QuarantineEntry, became: DocumentId) -> None:
        """Remember as which document it is sent through again. Blocks; raises OSError."""
        self._resent.write(Resent(explanation=entry.explanation, became=became, at=self._now()))

    @in_thread
    def find_resent(self, document: DocumentId) -> tuple[Resent | None, Resent | None]:
        """As which document it was sent through again, and of which one it is the sending again."""
        return self._resent.find(document), self._resent.find_origin(document)

    def _find(self, document: DocumentId) -> QuarantineEntry:
        # Looked for and not opened: not every text that a person types names a file of ours.
        for path in self._layout.quarantine.glob(f"*{RECORD}"):
            if path.name == document + RECORD:
                if entry := self._read_entry(path):
                    return entry
                raise NotQuarantined(f"{document} was sent through again already, or is on its way into quarantine.")
        for path, noted in self._shown.notes():
            if noted == document:
                raise NotQuarantined(
                    f"{path} was not put aside by this installation as it stands now: hand it in again with "
                    f"`zimogs submit`, then delete it."
                )
        raise NotQuarantined(f"There is no {document} in quarantine.")

    def documents(self) -> frozenset[DocumentId]:
        """All that lie here, put aside for good or not, by the names of their records alone. Blocks; raises OSError."""
        return frozenset(
            DocumentId(path.name.removesuffix(RECORD)) for path in self._layout.quarantine.glob(f"*{RECORD}")
        )

    def explain(self, document: DocumentId) -> Explanation | None:
        """Why it lies here; None where it has left, and where the record is damaged. Blocks."""
        record = read_record(self._layout.quarantine_place(document).record)
        return None if record is None else record.explanation

    def put_aside(self, explanation: Explanation) -> None:
        """Keep what stands in the document's place on the shelf, show it with its explanation, and clear the place."""
        place = self._layout.place(explanation.document)
        if place.original.exists():
            kept = self._layout.quarantine_place(explanation.document)
            make_folder(kept.folder)
            known = read_record(kept.record)
            if known is not None:
                explanation = known.explanation
            ending = _EVIDENCE.get(explanation.reason, "")
            if ending and place.sealed.exists():
                sync_file(place.sealed)
                place.sealed.chmod(OURS_ALONE)
                move(place.sealed, kept.evidence(ending))
            if place.metadata.exists():
                move(place.metadata, kept.metadata)
            shown_as = self._shown.show(explanation, place.original, kept.original)
            self._show_beside(shown_as, explanation.reason, kept)
            self._write(QuarantineRecord(explanation=explanation, shown_as=shown_as))
            sync(place.original)
            move(place.original, kept.original)
        place.clear()

    def forget(self, entry: QuarantineEntry, *, leave_copy: bool = False) -> None:
        """Remove the record and the copy of a document that has left; evidence stays, with the record.

        `leave_copy` leaves the copy to whoever has edited it.
        """
        self._shown.remove(entry, leave_copy=leave_copy)
        kept = self._layout.quarantine_place(entry.explanation.document)
        kept.metadata.unlink(missing_ok=True)
        if not any(kept.evidence(ending).exists() for ending in _EVIDENCE.values()):
            kept.record.unlink(missing_ok=True)

    def _show_beside(self, shown_as: str, reason: Reason, kept: QuarantinePlace) -> None:
        if kept.metadata.exists():
            self._shown.show_beside(shown_as, SIDECAR, kept.metadata)
        ending = _EVIDENCE.get(reason, "")
        if ending and kept.evidence(ending).exists():
            self._shown.show_beside(shown_as, ending, kept.evidence(ending))

    def _write(self, record: QuarantineRecord) -> None:
        path = self._layout.quarantine_place(record.explanation.document).record
        write_over(path, record.model_dump_json(indent=2).encode())

    def _read_entry(self, path: Path) -> QuarantineEntry | None:
        record = read_record(path)
        entry = None if record is None else self._list.entry_of(record)
        return entry if entry and entry.original.exists() else None

    def _is_known(self, document: DocumentId) -> bool:
        is_kept = read_record(self._layout.quarantine_place(document).record) is not None
        return is_kept or self._layout.place(document).original.exists()
