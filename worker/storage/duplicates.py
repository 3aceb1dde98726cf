"""What is known of documents that were not sealed because the same content came before.

    data/duplicates/<document id>.json    the decision, written before anything is done about it, and then followed
    data/duplicates/<route>.lock          held by whoever looks for the same content and lets a document in
    data/repeated/<route>/<document id>   the claim of one that waits for the earlier sealed file
    outbox/<route>/<name>.duplicate.json  the note on a skipped one, for whoever handed it in

Two copies that come at once are decided upon one after the other: the second finds the first on the waiting list. A
crash while a document is skipped leaves its claim on the shelf and the decision here, and it is done again. A claim
that waits has left the shelf by one rename, and goes on to the waiting list by another, or is removed once everything
else of its document is: as long as it is there, it is looked at again.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.duplicates import find_earlier
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, EarlierDocument
from jobs.model.names import DocumentId, RouteName
from jobs.ports import Ledger, Shelf
from worker.storage.claim_files import read_lines
from worker.storage.durable import make_folder, read_file, sync_folder, write_once_noted, write_over
from worker.storage.layout import Layout
from worker.storage.leases import open_lock
from worker.storage.moving import copy
from worker.storage.names import free_names
from worker.storage.outbox import DiskOutbox
from worker.storage.sharing import make_shared_folder, share_file
from worker.storage.shelf import find_document
from worker.storage.sidecar import OriginalFile, Sidecar
from worker.storage.threads import in_thread

NOTE = ".duplicate.json"
"""How the name of a note in the outbox ends."""


class DiskDuplicates:
    """Implements `worker.storage.duplicate_ports.DuplicateBook` below one data folder."""

    def __init__(self, layout: Layout, shelf: Shelf, ledger: Ledger, outbox: DiskOutbox) -> None:
        self._layout = layout
        self._shelf = shelf
        self._ledger = ledger
        self._delivered = outbox
        self._outbox = outbox.folder
        self._deciding = asyncio.Lock()

    @asynccontextmanager
    async def deciding(self, route: RouteName) -> AsyncIterator[None]:
        """Be the only one, of all processes, who decides upon documents of that route, for the time of the block."""
        path = await asyncio.to_thread(make_folder, self._layout.duplicates) / f"{route}.lock"
        # One of each process at a time: those who wait for another one's lock must not keep all threads busy.
        async with self._deciding:
            descriptor = open_lock(path)
            try:
                await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    async def find_earlier(self, document: Document, *, is_parked: bool = False) -> EarlierDocument | None:  # noqa: ARG002
        """Which document of that content and route came before, as was decided once; None where none did."""
        decided = await self.read(document.id)
        return decided.earlier if decided else await find_earlier(document, self._shelf, self._ledger, self._delivered)

    async def prefer(self, document: Document) -> None:
        """It is found on the waiting list."""

    @in_thread
    def read(self, document: DocumentId) -> Duplicate | None:
        """What was decided of that document; None where nothing was."""
        return self._read(document)

    @in_thread
    def record(self, duplicate: Duplicate) -> None:
        """Write the decision down, durably, before it is followed."""
        make_folder(self._layout.duplicates)
        self._write(duplicate)

    @in_thread
    def tell(self, duplicate: Duplicate) -> Duplicate:
        """Put the note into the outbox, where its sealed file would have come; doing it again changes nothing."""
        known = self._read(duplicate.document.id)
        if known is not None and known.note is not None:
            return known
        document = duplicate.document
        folder = make_shared_folder(self._outbox, self._outbox / document.route)
        name = document.name
        try:
            make_shared_folder(self._outbox, (folder / name).parent)
        except (FileExistsError, NotADirectoryError):
            name = name.replace("/", "_")
        content, aside = write_note(duplicate), self._layout.duplicates / f"{document.id}.note"
        for free in free_names(name + NOTE):
            path = folder / free
            if not os.path.lexists(path):
                # Written aside here: a crash leaves nothing half-written where consumers look.
                with suppress(FileExistsError):
                    write_once_noted(path, aside, content)
            if _is_note(path, content):
                share_file(self._outbox, path)
                sync_folder(path.parent)
                aside.unlink(missing_ok=True)
                told = duplicate.model_copy(update={"note": f"{document.route}/{free}"})
                self._write(told)
                return told
        raise AssertionError("names do not run out")

    @in_thread
    def park(self, document: Document) -> None:
        """Have an inspected document wait for the sealed file of the same content."""
        folder = make_folder(self._layout.repeated(document.route))
        # Nothing waits before its original has a durable name.
        sync_folder(self._layout.shelf)
        with suppress(FileNotFoundError):
            self._layout.place(document.id).claim.rename(folder / document.id)
        sync_folder(folder)

    @in_thread
    def list_parked(self) -> tuple[Document, ...]:
        """Documents that wait so, oldest first."""
        found = map(_read_parked, sorted((self._layout.root / "repeated").glob("*/*"), key=lambda path: path.name))
        return tuple(filter(None, found))

    async def list_due(self) -> tuple[Document, ...]:
        """All of them: they cost little to look at."""
        return await self.list_parked()

    @in_thread
    def list_skipped(self, before: DocumentId, most: int) -> tuple[Duplicate, ...]:
        """The newest of those that were skipped and whose id sorts below that one."""
        names = sorted((path.stem for path in self._layout.duplicates.glob("*.json")), reverse=True)
        wanted = [DocumentId(name) for name in names if name < before][:most]
        return tuple(repeated for one in wanted if (repeated := self._read(one)))

    @in_thread
    def is_parked(self, document: Document) -> bool:
        """Whether it waits so still; where the original has left the shelf, all was done: what is left is cleared."""
        entry = self._layout.repeated(document.route) / document.id
        place = self._layout.place(document.id)
        if entry.exists() and not place.original.exists():
            place.clear()
            entry.unlink(missing_ok=True)
        return entry.exists()

    async def find_returnable(self, document: Document, earlier: EarlierDocument, level: str) -> Sidecar | None:  # noqa: ARG002
        """The earlier sealed file, with a copy of it on the shelf; None where it does not stand in the outbox."""
        sidecar = await self._delivered.find_standing(document, level)
        if sidecar is not None:
            file = self._outbox / sidecar.route / sidecar.sealed.name
            await asyncio.to_thread(copy, file, self._layout.place(document.id).sealed)
        return sidecar

    @in_thread
    def let_in(self, document: Document, earlier: EarlierDocument | None = None) -> bool:  # noqa: ARG002
        """Put a document that waited so onto the waiting list, to be sealed like any other."""
        waiting = make_folder(self._layout.waiting(document.route))
        with suppress(FileNotFoundError):
            (self._layout.repeated(document.route) / document.id).rename(waiting / document.id)
        sync_folder(waiting)
        return True

    @in_thread
    def strike_off(self, document: Document) -> None:
        """Have it wait no more: everything else of it is done."""
        (self._layout.repeated(document.route) / document.id).unlink(missing_ok=True)

    @in_thread
    def notes(self) -> frozenset[str]:
        """All notes in the outbox that are ours, as paths below it."""
        documents = (DocumentId(path.stem) for path in self._layout.duplicates.glob("*.json"))
        known = (self._read(document) for document in documents)
        return frozenset(each.note for each in known if each is not None and each.note is not None)

    def _read(self, document: DocumentId) -> Duplicate | None:
        with suppress(OSError, ValidationError):
            return Duplicate.model_validate_json(read_file(self._path(document)))
        return None

    def _write(self, duplicate: Duplicate) -> None:
        write_over(self._path(duplicate.document.id), duplicate.model_dump_json(indent=2).encode())

    def _path(self, document: DocumentId) -> Path:
        return self._layout.duplicates / f"{document}.json"


def _read_parked(path: Path) -> Document | None:
    with suppress(OSError):
        return find_document(read_lines(path, DocumentId(path.name)), DocumentId(path.name))
    return None


def write_note(duplicate: Duplicate) -> bytes:
    """What the note in the outbox says."""
    document = duplicate.document
    facts = {
        "format": "zimogs-duplicate",
        "version": 1,
        "document": document.id,
        "route": document.route,
        "original": OriginalFile.of(document).model_dump(mode="json"),
        "same_as": duplicate.earlier.model_dump(mode="json", exclude_none=True),
    }
    if document.metadata is not None:
        facts["metadata"] = document.metadata.model_dump(mode="json", exclude_none=True)
    return json.dumps(facts, ensure_ascii=False, indent=2).encode()


def _is_note(path: Path, content: bytes) -> bool:
    with suppress(OSError):
        return read_file(path) == content
    return False
