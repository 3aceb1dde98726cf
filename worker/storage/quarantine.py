"""The quarantine on disk: originals are kept in the data folder, and people are shown copies.

    data/quarantined/<document id>.original      the original, byte-identical (see `layout`)
    quarantine/<route>/<name>, .txt, .error.json what people see (see `quarantine_folder`)

What people do to the quarantine folder changes nothing here: no note in it is believed, and it may be emptied.

The original moves last. While it stands on the shelf nothing is over, and putting it again finishes what was
begun; once it has left, only the place on the shelf has to be cleared.
"""

import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.text import Language
from worker.storage.durable import make_folder, read_file, sync_file, write_over
from worker.storage.explanation import Explanation, NotQuarantined, QuarantineEntry, QuarantineRecord
from worker.storage.layout import RECORD, Layout
from worker.storage.moving import move, sync
from worker.storage.quarantine_folder import QuarantineFolder
from worker.storage.threads import in_thread

OURS_ALONE = stat.S_IRUSR | stat.S_IWUSR
"""The mode of what failed verification: nobody shall take it for a sealed file."""
_EVIDENCE = {
    Reason.NOT_VERIFIED: ".unverified",
    Reason.CANNOT_TELL: ".unverified",
    Reason.UNPROVEN: ".unverified",
    Reason.SEALED_BEFORE: ".unverified",
    Reason.UNEXPECTED: ".unverified",
    Reason.NOT_ARCHIVED: ".sealed",
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
        self._now = now

    @in_thread
    def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Keep the original with its explanation, and show a copy; doing it again changes nothing."""
        self.put_aside(Explanation.of(document, refusal, batch, self._now()))

    @in_thread
    def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept, with its explanation, oldest first."""
        found = [entry for path in self._layout.quarantine.glob(f"*{RECORD}") if (entry := self._read_entry(path))]
        return tuple(sorted(found, key=lambda entry: entry.explanation.quarantined_at))

    @in_thread
    def unknown(self) -> tuple[Path, ...]:
        """Files that lie in the quarantine folder with a note, though nothing is known of them here.

        An earlier version put them there, or this data folder is an older copy of what it was, or somebody planted
        them. They are whoever's they are: nothing is done with them.
        """
        return tuple(path for path, document in self._shown.notes() if not self._is_known(document))

    @in_thread
    def find(self, document: DocumentId) -> QuarantineEntry:
        """The entry of that document. Raises NotQuarantined."""
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

    def put_aside(self, explanation: Explanation) -> None:
        """Keep what stands in the document's place on the shelf, show it with its explanation, and clear the place."""
        place = self._layout.place(explanation.document)
        if place.original.exists():
            kept = self._layout.quarantine_place(explanation.document)
            make_folder(kept.folder)
            known = _read_record(kept.record)
            if known is not None:
                explanation = known.explanation
            ending = _EVIDENCE.get(explanation.reason, "")
            if ending and place.sealed.exists():
                sync_file(place.sealed)
                place.sealed.chmod(OURS_ALONE)
                move(place.sealed, kept.evidence(ending))
            shown_as = self._shown.show(explanation, place.original, kept.original)
            if ending and kept.evidence(ending).exists():
                self._shown.show_evidence(shown_as, ending, kept.evidence(ending))
            record = QuarantineRecord(explanation=explanation, shown_as=shown_as)
            write_over(kept.record, record.model_dump_json(indent=2).encode())
            sync(place.original)
            move(place.original, kept.original)
        place.clear()

    def forget(self, entry: QuarantineEntry, *, leave_copy: bool = False) -> None:
        """Remove the record and the copy of a document that has left; evidence stays, with the record.

        `leave_copy` leaves the copy to whoever has edited it.
        """
        self._shown.remove(entry, leave_copy=leave_copy)
        kept = self._layout.quarantine_place(entry.explanation.document)
        if not any(kept.evidence(ending).exists() for ending in _EVIDENCE.values()):
            kept.record.unlink(missing_ok=True)

    def _read_entry(self, path: Path) -> QuarantineEntry | None:
        record = _read_record(path)
        if record is None:
            return None
        original = self._layout.quarantine_place(record.explanation.document).original
        shown = self._shown.folder / record.shown_as
        return QuarantineEntry(original, shown, record.explanation) if original.exists() else None

    def _is_known(self, document: DocumentId) -> bool:
        is_kept = _read_record(self._layout.quarantine_place(document).record) is not None
        return is_kept or self._layout.place(document).original.exists()


def _read_record(path: Path) -> QuarantineRecord | None:
    with suppress(OSError, ValidationError):
        return QuarantineRecord.model_validate_json(read_file(path))
    return None
