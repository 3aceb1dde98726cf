"""Copies that this machine made of what stands in the bucket: each goes once it has lain and nothing needs it any more.

Whichever machine brings a document to its end clears what it has of it itself; the others have what they took in,
showed to somebody, or had begun with. What is taken in, waits or stands in an open batch keeps its copies.

    data/shelf/<document id>.…       originals, sidecars and sealed files
    data/quarantined/<document id>.… what somebody looked at or sent again
    outbox/<route>/<name>            sealed files that somebody asked for, with their sidecars
    data/brought/<route>/<name>      which of those are copies, and since when

Nothing goes of a document that the bucket knows nothing of, as on a machine that had folders of its own before.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from jobs.model.names import BatchId, DocumentId, RouteName, is_document_id
from worker.objects.bucket import Bucket
from worker.objects.chains import record_key
from worker.objects.documents import TAKEN, WAITING, place_of
from worker.objects.open_batches import OpenBatches
from worker.objects.parked import REPEATED
from worker.storage.durable import make_folder
from worker.storage.layout import CLAIM, RECORD, Layout
from worker.storage.moving import remove

LIFE = timedelta(hours=1)
"""How long a copy lies untouched before it is asked whether anything needs it."""
_ASIDE = ".part"
_HALF_BROUGHT = re.compile(r"\.[0-9a-f]{16}\.part")
"""What a crash left of a copy in the outbox (see `reach`)."""


class LocalCopies:
    """The copies in the folders of one machine; `outbox` is its own too. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, layout: Layout, outbox: Path) -> None:
        self.outbox = outbox
        self._bucket = bucket
        self._layout = layout
        self._brought = layout.root / "brought"

    def note_delivered(self, route: RouteName, name: str) -> None:
        """Note that what comes to stand in the outbox under that name is a copy, in use now."""
        mark = self._brought / route / name
        make_folder(mark.parent)
        mark.touch()

    def tidy(self, now: datetime) -> int:
        """Remove what has lain for its life and is not needed; gives how many files or folders went."""
        before = (now - LIFE).timestamp()
        # In this order: a document only ever goes from one place to the next.
        copies = self._find_copies(before)
        over = frozenset(copies) - self._needed(copies)
        is_known = self._bucket.each(lambda one: any(True for _ in self._bucket.list(place_of(one))), over)
        paths = [path for one, known in zip(over, is_known, strict=True) if known for path in copies[one]]
        paths += [*self._find_half_made(before), *self._find_delivered(before)]
        for path in paths:
            remove(path)
        return len(paths)

    def _find_copies(self, before: float) -> dict[DocumentId, list[Path]]:
        """All that has lain long enough of each document of which no claim, and no record of a folder, stands here."""
        found, spared = defaultdict(list), set[str]()
        for path, changed_at in (*_look(self._layout.shelf), *_look(self._layout.quarantine)):
            document = path.name.partition(".")[0]
            if changed_at >= before or path.suffix in {CLAIM, RECORD}:
                spared.add(document)
            elif is_document_id(document):
                found[DocumentId(document)].append(path)
        return {document: paths for document, paths in found.items() if document not in spared}

    def _needed(self, asked: Iterable[DocumentId]) -> frozenset[DocumentId]:
        listed = {
            each.key.rpartition("/")[2] for place in (TAKEN, REPEATED, WAITING) for each in self._bucket.list(place)
        }
        # Looked for without being understood, as far as damaged records go: that names more rather than less.
        frozen = b"".join(self._bucket.each(self._read_first, OpenBatches(self._bucket).find()))
        return frozenset(one for one in asked if one in listed or one.encode() in frozen)

    def _read_first(self, batch: BatchId) -> bytes:
        with suppress(FileNotFoundError):
            return self._bucket.read(record_key(batch, 1))
        return b""

    def _find_half_made(self, before: float) -> Iterator[Path]:
        """What a crash left beside the quarantined: copies under way, and those that went on as another document."""
        for path, changed_at in _look(self._layout.quarantine):
            claim = path.name.removeprefix(".")
            is_left = path.suffix == _ASIDE or (path.suffix == CLAIM and not (self._layout.shelf / claim).exists())
            if path.name.startswith(".") and is_left and changed_at < before:
                yield path

    def _find_delivered(self, before: float) -> Iterator[Path]:
        for mark in self._brought.rglob("*"):
            if mark.is_file() and mark.stat().st_ctime < before:
                # The mark goes last, so that a crash leaves no copy that nobody knows for one.
                yield from (self.outbox / mark.relative_to(self._brought), mark)
            elif mark.is_dir():
                for path, changed_at in _look(self.outbox / mark.relative_to(self._brought)):
                    if _HALF_BROUGHT.fullmatch(path.name) and changed_at < before:
                        yield path


def _look(folder: Path) -> Iterator[tuple[Path, float]]:
    """What stands in a folder, and when it came there or was last in use."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                yield Path(entry.path), entry.stat(follow_symlinks=False).st_ctime
