"""The shelf on disk. Disk work is done in threads, one hop for a whole list of documents."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from jobs.model import Document
from jobs.names import BatchId, DocumentId, RouteName
from worker.durable import make_folder, sync_folder, write_once
from worker.shelf.layout import Layout, Place
from worker.shelf.names import link_free


class DiskShelf:
    """Implements `jobs.ports.Shelf` and `jobs.ports.Originals` below the data folder.

    Documents on the waiting list are kept in memory too: their files never change, so each is read once.
    """

    def __init__(self, layout: Layout, *, keep_originals: bool = True) -> None:
        self.layout = layout
        self._keep_originals = keep_originals
        self._known: dict[RouteName, dict[DocumentId, Document]] = {}

    def place(self, document: Document) -> tuple[Path, Path]:
        """Where the document's original stands, and where its sealed copy belongs."""
        place = self.layout.place(document.id)
        return place.original, place.sealed

    async def waiting(self, route: RouteName) -> tuple[Document, ...]:
        """Inspected documents that no batch holds yet, oldest first."""
        return await asyncio.to_thread(self._read_waiting, route)

    async def leave_waiting(self, documents: Sequence[Document]) -> None:
        """Take documents off the waiting list; those already off are fine."""
        await asyncio.to_thread(self._remove_waiting, documents)

    async def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        """Keep or remove the originals, and clear their places; documents already off the shelf are fine."""
        await asyncio.to_thread(self._retire, batch, documents)

    def write(self, document: Document) -> None:
        """Write `document.json` durably, and with it all that stands in its place; one already there stays."""
        with suppress(FileExistsError):
            write_once(self.layout.place(document.id).document, document.model_dump_json(indent=2).encode())

    def admit(self, documents: Sequence[Document]) -> None:
        """Put written documents onto the waiting list, durably; those once admitted are never put there again."""
        folders = {route: make_folder(self.layout.waiting(route)) for route in {d.route for d in documents}}
        for document in documents:
            with suppress(FileNotFoundError):
                self.layout.place(document.id).claim.rename(folders[document.route] / document.id)
        _sync(folders.values())

    def _read_waiting(self, route: RouteName) -> tuple[Document, ...]:
        try:
            with os.scandir(self.layout.waiting(route)) as entries:
                listed = {DocumentId(entry.name) for entry in entries}
        except FileNotFoundError:
            listed = set()
        earlier = self._known.get(route, {})
        known = {document: value for document, value in earlier.items() if document in listed}
        if fresh := [value for value in map(self._read, listed - known.keys()) if value]:
            oldest_first = sorted((*known.values(), *fresh), key=lambda value: (value.received_at, value.id))
            known = {document.id: document for document in oldest_first}
        self._known[route] = known
        return tuple(known.values())

    def _read(self, document: DocumentId) -> Document | None:
        """The document; None when a batch took it, or finished with it, since the list was read."""
        try:
            return Document.model_validate_json(self.layout.place(document).document.read_bytes())
        except FileNotFoundError:
            return None

    def _remove_waiting(self, documents: Sequence[Document]) -> None:
        folders = {self.layout.waiting(document.route) for document in documents}
        for document in documents:
            (self.layout.waiting(document.route) / document.id).unlink(missing_ok=True)
        _sync(folder for folder in folders if folder.is_dir())

    def _retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        places = {document.id: self.layout.place(document.id) for document in documents}
        standing = [document for document in documents if places[document.id].original.exists()]
        if self._keep_originals:
            self._keep(self.layout.originals(batch), standing, places)
        for document in documents:
            places[document.id].original.unlink(missing_ok=True)
            places[document.id].clear()

    def _keep(self, folder: Path, documents: Sequence[Document], places: dict[DocumentId, Place]) -> None:
        # Linked, synced, and only then unlinked: an original has a durable name at every moment.
        kept = [link_free(places[document.id].original, folder, document.name) for document in documents]
        _sync({path.parent for path in kept})


def _sync(folders: Iterable[Path]) -> None:
    for folder in folders:
        sync_folder(folder)
