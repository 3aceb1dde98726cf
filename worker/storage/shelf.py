"""The shelf on disk. Disk work is done in threads, one hop for a whole list of documents."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, RouteName
from worker.storage.claim_files import append_documents, read_lines
from worker.storage.durable import make_folder, sync_folder
from worker.storage.layout import CLAIM, Layout, Place
from worker.storage.moving import remove
from worker.storage.names import link_free, rename_free
from worker.storage.threads import in_thread

log = structlog.get_logger()

_ADVICE = "drop the original, which stands on the shelf under the same id, into the inbox again, and remove this file"


class DiskShelf:
    """Implements `jobs.ports.Shelf` and `jobs.ports.Originals` below the data folder.

    Documents on the waiting list are kept in memory too: their files never change, so each is read once.
    """

    def __init__(self, layout: Layout, *, keep_originals: bool = True) -> None:
        self.layout = layout
        self._keep_originals = keep_originals
        self._known: dict[RouteName, dict[DocumentId, Document]] = {}
        self._damaged: set[Path] = set()

    def place(self, document: Document) -> tuple[Path, Path]:
        """Where the document's original stands, and where its sealed copy belongs."""
        place = self.layout.place(document.id)
        return place.original, place.sealed

    @in_thread
    def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        """Inspected documents that no batch holds yet, oldest first."""
        folder = self.layout.waiting(route)
        try:
            with os.scandir(folder) as entries:
                listed = {DocumentId(entry.name) for entry in entries}
        except FileNotFoundError:
            listed = set()
        earlier = self._known.get(route, {})
        known = {document: value for document, value in earlier.items() if document in listed}
        if fresh := [value for value in map(self._read, map(folder.joinpath, listed - known.keys())) if value]:
            oldest_first = sorted((*known.values(), *fresh), key=lambda value: (value.received_at, value.id))
            known = {document.id: document for document in oldest_first}
        self._known[route] = known
        return tuple(known.values())

    @in_thread
    def find_busy_routes(self) -> frozenset[RouteName]:
        """Routes on which something may wait: those that have a list."""
        return self.layout.find_waiting_lists()

    @in_thread
    def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        """Take documents off the waiting list; those already off are fine."""
        folders = {self.layout.waiting(document.route) for document in documents}
        for document in documents:
            (self.layout.waiting(document.route) / document.id).unlink(missing_ok=True)
        _sync(folder for folder in folders if folder.is_dir())

    @in_thread
    def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        """Keep or remove the originals, and clear their places; documents already off the shelf are fine."""
        places = {document.id: self.layout.place(document.id) for document in documents}
        if self._keep_originals:
            # Linked, synced, and only then unlinked: an original has a durable name at every moment.
            kept: set[Path] = set()
            for document in documents:
                if places[document.id].original.exists():
                    kept |= _keep(document, places[document.id], self.layout.originals(batch))
            _sync(kept)
        for document in documents:
            remove(places[document.id].original)
            places[document.id].clear()

    def _read(self, claim: Path) -> Document | None:
        """The document below the claim; None when a batch took it since the list was read, and where it is damaged."""
        document, lines = DocumentId(claim.name), list[bytes]()
        try:
            lines = read_lines(claim, document)
        except FileNotFoundError:
            return None
        except OSError as error:
            # Damaged like one that says nothing: its neighbours can be read.
            log.warning("waiting document unreadable", path=str(claim), error=error)
        if found := find_document(lines, document):
            return found
        if claim not in self._damaged:
            self._damaged.add(claim)
            log.warning("waiting document damaged", path=str(claim), original=f"{claim.name}.original", advice=_ADVICE)
        return None

    def write(self, documents: Sequence[Document]) -> Mapping[DocumentId, OSError]:
        """Write documents below their claims, durably; gives the errors of those that could not be written.

        Where a claim has been admitted meanwhile, its document is there.
        """
        paths = {self.layout.place(document.id).claim: document for document in documents}
        errors = append_documents({path: one.model_dump_json().encode() for path, one in paths.items()})
        return {paths[path].id: error for path, error in errors.items()}

    def admit(self, documents: Sequence[Document]) -> None:
        """Put written documents onto the waiting list, durably; those once admitted are never put there again."""
        if not documents:
            return
        folders = {route: make_folder(self.layout.waiting(route)) for route in {d.route for d in documents}}
        # Nothing waits before its original has a durable name.
        sync_folder(self.layout.shelf)
        for document in documents:
            with suppress(FileNotFoundError):
                self.layout.place(document.id).claim.rename(folders[document.route] / document.id)
        _sync(folders.values())

    def count_waiting(self) -> int:
        """How many documents wait for a batch, on all routes."""
        return self.layout.count_waiting()

    def claimed(self) -> Sequence[DocumentId]:
        """Documents that may be ours and are not judged yet; of some the file is in the inbox still."""
        return [DocumentId(path.name.removesuffix(CLAIM)) for path in sorted(self.layout.shelf.glob(f"*{CLAIM}"))]

    def claim_lines(self, document: DocumentId) -> Sequence[bytes]:
        """The lines of its claim while it is ours and not judged yet; none otherwise."""
        place = self.layout.place(document)
        with suppress(FileNotFoundError):
            # A claim alone is none: the file may never have come to it.
            return read_lines(place.claim, document) if place.original.exists() else []
        return []


def find_document(lines: Iterable[bytes], document: DocumentId) -> Document | None:
    """The document among the lines of its claim; None where it was not inspected yet, or is damaged."""
    for line in lines:
        # A claim is none, and neither is what a crash has left of a line; then it was written once more.
        with suppress(ValidationError):
            found = Document.model_validate_json(line)
            if found.id == document:
                return found
    return None


def _keep(document: Document, place: Place, folder: Path) -> set[Path]:
    """Give the original a name in the folder, and its sidecar one beside it; gives the folders that have changed."""
    if not document.data_files:
        target = link_free(place.original, folder, document.name)
        return {target.parent, *_keep_metadata(place, folder, str(target.relative_to(folder)))}
    # A folder cannot be linked; its one rename is as safe, since it never has no name. It goes last: what finds it
    # gone takes all as kept.
    return {*_keep_metadata(place, folder, document.name), rename_free(place.original, folder, document.name).parent}


def _keep_metadata(place: Place, folder: Path, name: str) -> set[Path]:
    return {link_free(place.metadata, folder, f"{name}.json").parent} if place.metadata.exists() else set()


def _sync(folders: Iterable[Path]) -> None:
    for folder in folders:
        sync_folder(folder)
