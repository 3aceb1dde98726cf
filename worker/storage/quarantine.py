"""The quarantine on disk.

    quarantine/<route>/<name>               the original, byte-identical (`_unrouted/` when no route collects it)
    quarantine/<route>/<name>.error.json    why, for programs; created first and exclusively, so it reserves the name
    quarantine/<route>/<name>.txt           why, and what to do, in plain words
    quarantine/<route>/<name>.unverified    a sealed file that failed verification, kept as evidence
    quarantine/<route>/<name>.sealed        a sealed file without the archive timestamp that its route asks for

The original moves last. While it stands on the shelf nothing is over, and putting it again finishes what was
begun; once it has left, only the place on the shelf has to be cleared.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from worker.storage.durable import sync_file, sync_folder, write_once
from worker.storage.explanation import Explanation, NotQuarantined, QuarantineEntry
from worker.storage.layout import Layout
from worker.storage.moving import move, sync
from worker.storage.names import reserve
from worker.storage.tree import Location, walk

UNROUTED = "_unrouted"
"""The folder for files that no route collects; no route can have this name."""
_NOTE, _WORDS, *_ = _ENDINGS = (".error.json", ".txt", ".unverified", ".sealed")
_LONGEST_NOTE = 1 << 16
"""Bytes; what is longer is none of our explanations."""
_EVIDENCE = {
    Reason.NOT_VERIFIED: ".unverified",
    Reason.CANNOT_TELL: ".unverified",
    Reason.NOT_ARCHIVED: ".sealed",
}


class DiskQuarantine:
    """Implements `jobs.ports.Quarantine` in one folder, which may lie on another file system than the shelf."""

    def __init__(self, folder: Path, layout: Layout, *, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._layout = layout
        self._now = now

    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Move the original there with its explanation; doing it again changes nothing."""
        await asyncio.to_thread(self.put_aside, Explanation.of(document, refusal, batch, self._now()))

    async def entries(self) -> tuple[QuarantineEntry, ...]:
        """Every file that lies there with its explanation, oldest first."""
        return await asyncio.to_thread(
            lambda: tuple(sorted(self._entries(), key=lambda e: e.explanation.quarantined_at))
        )

    async def find(self, document: DocumentId) -> QuarantineEntry:
        """The entry of that document. Raises NotQuarantined."""
        for entry in await self.entries():
            if entry.explanation.document == document:
                return entry
        raise NotQuarantined(f"There is no {document} in quarantine.")

    def put_aside(self, explanation: Explanation) -> None:
        """Move what stands in the document's place on the shelf, with its explanation, and clear the place."""
        place = self._layout.place(explanation.document)
        if place.original.exists():
            target = self.explain(explanation)
            ending = _EVIDENCE.get(explanation.reason)
            if ending and place.sealed.exists():
                sync_file(place.sealed)
                move(place.sealed, _beside(target, ending))
            sync(place.original)
            move(place.original, target)
        place.clear()

    def explain(self, explanation: Explanation) -> Path:
        """First step: take a free name with the explanation; returns where the original belongs."""
        folder = self._folder / (explanation.route or UNROUTED)
        note = explanation.model_dump_json(indent=2).encode()
        name = reserve(folder, explanation.name, note, _ENDINGS, lambda path: _is_note_of(path, explanation.document))
        # Never written over: a document of just this name may have come here in the meantime.
        with suppress(FileExistsError):
            write_once(_beside(folder / name, _WORDS), explanation.in_plain_words().encode())
        return folder / name

    def forget(self, entry: QuarantineEntry) -> None:
        """Remove the explanation of a file that has left; evidence stays."""
        for ending in (_WORDS, _NOTE):
            _beside(entry.path, ending).unlink(missing_ok=True)
        sync_folder(entry.path.parent)

    def _entries(self) -> Iterator[QuarantineEntry]:
        for entry in walk(self._folder):
            if stat.S_ISREG(entry.kind) and entry.parts[-1].endswith(_NOTE):
                note = Location(self._folder, entry.parts)
                original = note.beside(note.name.removesuffix(_NOTE))
                explanation = _explanation(note)
                if explanation and original.exists():
                    yield QuarantineEntry(original.path, explanation)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _is_note_of(path: Path, document: DocumentId) -> bool:
    explanation = _explanation(Location.of(path))
    return explanation is not None and explanation.document == document


def _explanation(note: Location) -> Explanation | None:
    """The explanation in that file; None when it is not one of ours: people may put there what they like."""
    try:
        with note.opened() as descriptor:
            return Explanation.model_validate_json(os.read(descriptor, _LONGEST_NOTE))
    except (OSError, ValidationError):
        return None
