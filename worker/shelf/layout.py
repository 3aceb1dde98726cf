"""Which file stands where below the data folder.

    shelf/<document id>/claim.json      where it came from; written before the original arrives
    shelf/<document id>/original        the file itself, never changed
    shelf/<document id>/document.json   the inspected `Document`, written once
    shelf/<document id>/sealed          what the vendor sent back
    waiting/<route>/<document id>       the claim again, moved here: the waiting list
    originals/<batch>/<name>            originals of delivered documents

The claim's move from `shelf` to `waiting` is one rename, so a document is either still being taken in or waiting,
never both and never neither. Whatever has left the waiting list can therefore not come back to it.
"""

from dataclasses import dataclass
from pathlib import Path

from jobs.names import BatchId, DocumentId, RouteName


@dataclass(frozen=True, slots=True)
class Place:
    """One document's folder on the shelf."""

    folder: Path

    @property
    def claim(self) -> Path:
        """The claim; it stands here only while the document is being taken in."""
        return self.folder / "claim.json"

    @property
    def original(self) -> Path:
        """The file as it was dropped."""
        return self.folder / "original"

    @property
    def document(self) -> Path:
        """The inspected `Document` as JSON."""
        return self.folder / "document.json"

    @property
    def sealed(self) -> Path:
        """Where the sealed file is downloaded to."""
        return self.folder / "sealed"

    @property
    def reserved(self) -> Path:
        """The `Delivery` that was begun."""
        return self.folder / "reserved.json"

    @property
    def delivered(self) -> Path:
        """The `Delivery` that was completed."""
        return self.folder / "delivered.json"

    def clear(self) -> None:
        """Remove the folder with all that is left in it; a missing one is fine.

        The claim goes last, so that a half-cleared folder is still found. Raises OSError while the original
        stands here: nothing is cleared away with it.
        """
        try:
            left = [path for path in self.folder.iterdir() if path not in {self.original, self.claim}]
        except FileNotFoundError:
            return
        if self.original.exists():
            raise FileExistsError(f"{self.original} is still needed")
        for path in (*left, self.claim):
            path.unlink(missing_ok=True)
        self.folder.rmdir()


@dataclass(frozen=True, slots=True)
class Layout:
    """The data folder, as far as documents are concerned. All of it must lie on one file system with hard links."""

    root: Path

    @property
    def shelf(self) -> Path:
        """The folder of all places."""
        return self.root / "shelf"

    def place(self, document: DocumentId) -> Place:
        """The document's place on the shelf."""
        return Place(self.shelf / document)

    def waiting(self, route: RouteName) -> Path:
        """The route's waiting list: one file for each document, named by its id."""
        return self.root / "waiting" / route

    def originals(self, batch: BatchId) -> Path:
        """Where originals of a delivered batch are kept."""
        return self.root / "originals" / batch
