"""Which new document a refused one became when it was sent through again.

    data/resent/<document id>.<id of the new one>.json      why the first was refused

It is written before the original leaves quarantine. After a crash in between the note may name a document that never
came to be, so a note counts only where the original has left; and whoever sends it once more leaves a newer one.
"""

from pydantic import AwareDatetime, ValidationError

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.frozen import Frozen
from jobs.model.names import ADocument, DocumentId
from jobs.model.records import Refusal
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.explanation import Explanation, NotQuarantined
from worker.storage.layout import RECORD, Layout
from worker.storage.sidecar import Sidecar


class SealedAlready(Exception):
    """The same content was sealed before, and nobody said that it shall be sealed again; `sidecar` tells of it."""

    def __init__(self, sidecar: Sidecar) -> None:
        sealed = sidecar.sealed
        super().__init__(
            f"the same content was sealed on {sealed.sealed_at:%Y-%m-%d %H:%M %Z}, as {sidecar.route}/{sealed.name} in "
            "the outbox. To seal it once more add --again."
        )
        self.sidecar = sidecar


Resending = Document | Refusal | Duplicate | OSError | NotQuarantined | SealedAlready
"""What became of one document that was sent through again; an error is that of this one alone."""


class Resent(Frozen):
    """One document that was sent through again: why it had been refused, what it became, and when."""

    explanation: Explanation
    became: ADocument
    at: AwareDatetime


class ResentNotes:
    """The notes below one data folder. Every method blocks."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.resent

    def write(self, resent: Resent) -> None:
        """Keep it, durably. Raises OSError."""
        name = f"{resent.explanation.document}.{resent.became}{RECORD}"
        write_over(make_folder(self._folder) / name, resent.model_dump_json(indent=2).encode())

    def find(self, document: DocumentId) -> Resent | None:
        """What the document became when it was last sent again; None where nothing is known of that."""
        return self._newest(f"{document}.*{RECORD}")

    def find_origin(self, document: DocumentId) -> Resent | None:
        """What the document was before it was sent again; None for one that was dropped or handed in."""
        return self._newest(f"*.{document}{RECORD}")

    def _newest(self, pattern: str) -> Resent | None:
        # The names of documents sort by time.
        for path in sorted(self._folder.glob(pattern), reverse=True):
            try:
                return Resent.model_validate_json(read_file(path))
            except (OSError, ValidationError):
                continue
        return None
