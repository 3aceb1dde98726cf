"""Which file stands where below the data folder.

    shelf/<document id>.claim       where it came from, written before the original arrives; below it, in a line of its
                                    own, the inspected `Document`; one file for all claims of a group (`claim_files`)
    shelf/<document id>.original    our own copy of the file, or of the folder that is one document, never changed
    shelf/<document id>.metadata    the sidecar that came with it, byte for byte; written before the original is seized
    shelf/<document id>.sealed      what the vendor sent back
    shelf/<document id>.reserving   the sidecar of its delivery, later named `.reserved`, and in the end `.delivered`
    claiming/<claimer>              locked while the process lives that makes claims by this name
    waiting/<route>/<document id>   the claim again, moved here: the waiting list
    repeated/<route>/<document id>  the claim again, where the sealed file of the same content is awaited
    duplicates/<document id>.json   of which document it is a duplicate that was skipped, and locks of routes
    originals/<batch>/<name>        originals of delivered documents, and their sidecars as <name>.json
    originals/<route>-duplicates/<name>   originals that were not sealed for being the same as others
    quarantined/<document id>.original   an original that was refused
    quarantined/<document id>.json       why, where people see a copy of it, and who put it aside for good
    quarantined/<document id>.metadata   the sidecar that came with it
    quarantined/<document id>.unverified, or .sealed   what was sealed all the same
    resent/<document id>.<id>.json  why it was refused, and as which document it was sent through again
    previews/<sha256>.<kind>.json   how a document looks, and the picture beside it: only a cache
    untaken.json                    what is left in the inbox, and why
    standstills/<subject>.json      which batch, route or foundation does not move, and why
    vendor-limits/<kind>.json       how much the vendor turned out to take at once
    notices/                        what others are still to be told (see `notice_box` and `feed_position`)
    deliveries.sqlite               where deliveries stand in the outbox's logs (see `delivery_places`): only a cache
    worker.lock                     held by every running worker

The claim's move from `shelf` to `waiting` is one rename, so a document is either still being taken in or waiting,
never both and never neither. Whatever has left the waiting list can therefore not come back to it.

All places share one folder, so that one sync makes the names of many documents durable.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId, DocumentId, RouteName

CLAIM = ".claim"
"""How the name of every claim ends."""
_ORIGINAL, _METADATA = ".original", ".metadata"
RECORD = ".json"
"""How the name of every record in quarantine ends."""


def name_duplicates(route: RouteName) -> BatchId:
    """In whose place originals of the route are kept that no batch sealed for being the same as others."""
    return BatchId(f"{route}-duplicates")


@dataclass(frozen=True)
class Place:
    """One document's files on the shelf; `folder` is the shelf itself, which all documents share."""

    folder: Path
    document: DocumentId

    @cached_property
    def claim(self) -> Path:
        """The claim and the document; it stands here only while the document is being taken in."""
        return self.folder / f"{self.document}{CLAIM}"

    @cached_property
    def original(self) -> Path:
        """The file as it was dropped."""
        return self.folder / f"{self.document}{_ORIGINAL}"

    @property
    def metadata(self) -> Path:
        """The sidecar that came with it."""
        return self.folder / f"{self.document}{_METADATA}"

    @cached_property
    def sealed(self) -> Path:
        """Where the sealed file is downloaded to."""
        return self.folder / f"{self.document}.sealed"

    @cached_property
    def reserving(self) -> Path:
        """The sidecar of a delivery that is about to take its name; before it stands here, none has taken any."""
        return self.folder / f"{self.document}.reserving"

    @cached_property
    def reserved(self) -> Path:
        """The sidecar of the delivery that was begun."""
        return self.folder / f"{self.document}.reserved"

    @cached_property
    def delivered(self) -> Path:
        """The sidecar of the delivery that was completed."""
        return self.folder / f"{self.document}.delivered"

    def clear(self) -> None:
        """Remove all that is left of the document; nothing left is fine.

        The claim goes last, so that a half-cleared place is still found. Raises OSError while the original
        stands here: nothing is cleared away with it.
        """
        if self.original.exists():
            raise FileExistsError(f"{self.original} is still needed")
        for path in (self.sealed, self.reserving, self.reserved, self.delivered, self.metadata, self.claim):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class QuarantinePlace:
    """What is kept of one refused document; `folder` is the one that all of them share."""

    folder: Path
    document: DocumentId

    @property
    def original(self) -> Path:
        """The file as it was dropped. While it stands here, the document is in quarantine."""
        return self.folder / f"{self.document}{_ORIGINAL}"

    @property
    def metadata(self) -> Path:
        """The sidecar that came with it."""
        return self.folder / f"{self.document}{_METADATA}"

    @property
    def record(self) -> Path:
        """Why it was refused; written before the original arrives."""
        return self.folder / f"{self.document}{RECORD}"

    def evidence(self, ending: str) -> Path:
        """A sealed file that was not delivered."""
        return self.folder / f"{self.document}{ending}"


def data_files(original: Path, document: Document) -> tuple[tuple[DataFile, Path], ...]:
    """What the seal covers, and where each file of it stands, given where the original stands."""
    return tuple((file, original / file.name if document.data_files else original) for file in document.files)


@dataclass(frozen=True)
class Layout:
    """The data folder, as far as documents are concerned. All of it must lie on one file system with hard links."""

    root: Path

    @cached_property
    def shelf(self) -> Path:
        """The folder of all places."""
        return self.root / "shelf"

    @cached_property
    def claiming(self) -> Path:
        """Where processes that make claims show that they are alive."""
        return self.root / "claiming"

    def place(self, document: DocumentId) -> Place:
        """The document's place on the shelf."""
        return Place(self.shelf, document)

    def waiting(self, route: RouteName) -> Path:
        """The route's waiting list: one file for each document, named by its id."""
        return self.root / "waiting" / route

    def find_waiting_lists(self) -> frozenset[RouteName]:
        """Routes that have one. Raises OSError."""
        try:
            return frozenset(RouteName(path.name) for path in (self.root / "waiting").iterdir())
        except FileNotFoundError:
            return frozenset()

    def repeated(self, route: RouteName) -> Path:
        """The route's documents that wait for the sealed file of the same content: a file for each, named by its id."""
        return self.root / "repeated" / route

    @property
    def duplicates(self) -> Path:
        """What is known of skipped documents, and the locks of routes that look for the same content."""
        return self.root / "duplicates"

    def count_waiting(self) -> int:
        """How many documents wait on all routes. Blocks."""
        return sum(1 for _ in (self.root / "waiting").glob("*/*"))

    def unheld(self, held: Collection[DocumentId]) -> tuple[Path, ...]:
        """Originals on the shelf that neither wait, nor are being taken in, nor are `held` by a batch. Blocks."""
        # In this order: a document only ever goes from one of these places to the next.
        originals = sorted(self.shelf.glob(f"*{_ORIGINAL}"))
        listed = {*held, *(path.name.removesuffix(CLAIM) for path in self.shelf.glob(f"*{CLAIM}"))}
        listed |= {path.name for place in ("waiting", "repeated") for path in (self.root / place).glob("*/*")}
        return tuple(path for path in originals if path.name.removesuffix(_ORIGINAL) not in listed)

    def originals(self, batch: BatchId) -> Path:
        """Where originals of a delivered batch are kept."""
        return self.root / "originals" / batch

    @cached_property
    def quarantine(self) -> Path:
        """The folder of all refused originals."""
        return self.root / "quarantined"

    @cached_property
    def resent(self) -> Path:
        """Where it is kept which document became which."""
        return self.root / "resent"

    def quarantine_place(self, document: DocumentId) -> QuarantinePlace:
        """The document's place in quarantine."""
        return QuarantinePlace(self.quarantine, document)
