"""Originals in the bucket, which stay where they are until nobody keeps them; marks beside them tell how they stand.

    documents/<id>/original        the file as it was taken in; never changed, never moved
    documents/<id>/files/0001 …    the same of a folder that is one document, in the order that `folder.json` names
    documents/<id>/metadata        the sidecar that came with it
    documents/<id>/evidence…       what was sealed all the same, of one in quarantine
    documents/<id>/left            the document has left the waiting list, and does not come back to it
    documents/<id>/refused         it was put into quarantine once, and is not put there again
    taken/<id>                     its claim, while it is not judged yet (see `adoption`)
    waiting/<route>/<id>           the document, while it waits for a batch

What vendor, inspection and verification read is a copy on the machine's own shelf (`worker.storage.layout`), fetched
and held against its hash where it is missing: it may be thrown away at any time.
"""

import asyncio
import errno
import json
import os
import secrets
import stat
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.documents import Document
from jobs.model.names import DocumentId
from jobs.model.way_in import WayIn
from worker.objects.bucket import Bucket
from worker.objects.resent import ResentObjects
from worker.storage.claim_files import read_lines
from worker.storage.copying import hash_files
from worker.storage.durable import make_folder
from worker.storage.layout import Layout
from worker.storage.moving import remove
from worker.storage.tree import walk

DOCUMENTS, TAKEN, WAITING = "documents", "taken", "waiting"


def place_of(document: DocumentId) -> str:
    """The folder of all that is kept of a document."""
    return f"{DOCUMENTS}/{document}"


def left_mark(document: DocumentId) -> str:
    """What tells that a document has left the waiting list."""
    return f"{DOCUMENTS}/{document}/left"


def refused_mark(document: DocumentId) -> str:
    """What tells that a document was put into quarantine once."""
    return f"{DOCUMENTS}/{document}/refused"


def taken_key(document: DocumentId) -> str:
    """Where the claim of a document stands that is not judged yet."""
    return f"{TAKEN}/{document}"


def waiting_key(document: Document) -> str:
    """Where a document stands that waits for a batch."""
    return f"{WAITING}/{document.route}/{document.id}"


class StoredDocuments:
    """Originals of one bucket, and this machine's copies of them. Every method blocks but `bring`."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout
        self._resent = ResentObjects(bucket)
        self._bringing: defaultdict[DocumentId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def keep_all(self, documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
        """Keep many at once; gives the errors of those that could not be kept."""
        errors: dict[DocumentId, OSError] = {}

        def keep(document: DocumentId) -> None:
            try:
                self.keep(document)
            except OSError as error:
                errors[document] = error

        self._bucket.each(keep, documents)
        return errors

    def keep(self, document: DocumentId) -> None:
        """Put what was taken in into the bucket, where every machine finds it; doing it again changes nothing.

        Then nothing but the bucket is needed to bring the document to its end. Raises FileNotFoundError where it does
        not stand on the shelf, FileExistsError where it is sent again as another one, and OSError.
        """
        place, folder = self._layout.place(document), place_of(document)
        if place.metadata.exists():
            self._bucket.write(f"{folder}/metadata", place.metadata.read_bytes())
        if place.original.is_dir():
            paths = sorted("/".join(each.parts) for each in walk(place.original) if stat.S_ISREG(each.kind))
            for number, path in enumerate(paths, start=1):
                self._bucket.send(f"{folder}/files/{number:04}", place.original / path)
            self._bucket.write(f"{folder}/folder.json", json.dumps(paths).encode())
        else:
            self._bucket.send(f"{folder}/original", place.original)
        try:
            claim = read_lines(place.claim, document)
        except FileNotFoundError:
            return
        self._bucket.write(taken_key(document), b"\n".join(claim))
        if _is_sent_again(claim) and not self._resent.decide(document):
            self._give_up(document)
            raise FileExistsError(errno.EEXIST, "it was sent through again as another document", document)

    def has(self, document: DocumentId) -> bool:
        """Whether the original is kept in the bucket."""
        folder = place_of(document)
        return self._bucket.exists(f"{folder}/original") or self._bucket.has(f"{folder}/folder.json")

    async def bring(self, document: Document) -> None:
        """Have a copy on this machine's shelf, with the bytes that were approved. Raises OSError."""
        if await asyncio.to_thread(_touch, self._layout.place(document.id).original):
            return
        lock = self._bringing[document.id]
        try:
            async with lock:
                await asyncio.to_thread(self._bring, document)
        finally:
            self._bringing.pop(document.id, None)

    def _bring(self, document: Document) -> None:
        place = self._layout.place(document.id)
        if not self.have(document.id, place.original):
            return
        wanted = {file.name if document.data_files else "": file.sha256 for file in document.files}
        if {file.path: file.sha256 for file in hash_files(place.original)} != wanted:
            remove(place.original)
            raise OSError(errno.EIO, "is not what was taken in; restore it from a copy", place_of(document.id))

    def have(self, document: DocumentId, target: Path) -> bool:
        """Have a copy of the original there; says whether it had to be fetched. Raises as `fetch` does."""
        if is_missing := not target.exists():
            self.fetch(document, target)
        return is_missing

    def fetch(self, document: DocumentId, target: Path) -> None:
        """Write a copy of the original there, whole or not at all. Raises FileNotFoundError, and OSError."""
        folder, aside = place_of(document), make_folder(target.parent) / f".{secrets.token_hex(8)}.part"
        try:
            if paths := self._read_paths(folder):
                for number, path in enumerate(paths, start=1):
                    make_folder((aside / path).parent)
                    self._bucket.fetch(f"{folder}/files/{number:04}", aside / path)
            else:
                self._bucket.fetch(f"{folder}/original", aside)
            if not target.exists():
                aside.rename(target)
        finally:
            remove(aside)

    def show(self, document: DocumentId, target: str) -> tuple[str, ...]:
        """Copy the original to those keys within the bucket, a folder's files below; gives the keys of the copies."""
        folder = place_of(document)
        paths = self._read_paths(folder)
        pairs = [(f"{folder}/files/{number:04}", f"{target}/{path}") for number, path in enumerate(paths, start=1)]
        for source, copied in pairs or [(f"{folder}/original", target)]:
            self._bucket.copy(source, copied)
        return tuple(copied for _, copied in pairs) or (target,)

    def clear_copies(self, document: DocumentId) -> None:
        """Remove what this machine has of a document; what was not kept in the bucket goes with it."""
        place = self._layout.place(document)
        remove(place.original)
        place.clear()

    def forget(self, document: DocumentId) -> None:
        """Remove the original from the bucket; the marks that keep it from coming back stay."""
        marks = {left_mark(document), refused_mark(document)}
        if over := [each.key for each in self._bucket.list(place_of(document)) if each.key not in marks]:
            self._bucket.remove(*over)

    def _give_up(self, document: DocumentId) -> None:
        """Forget one that is not to be: the same content goes its way as another document, or is in quarantine."""
        self.forget(document)
        self._bucket.remove(taken_key(document))
        self._resent.withdraw(document)
        self.clear_copies(document)

    def _read_paths(self, folder: str) -> list[str]:
        """What a folder that is one document holds; nothing where it is a file."""
        try:
            return [os.fsdecode(os.fsencode(path)) for path in json.loads(self._bucket.read(f"{folder}/folder.json"))]
        except FileNotFoundError:
            return []


def read_document(content: bytes) -> Document | None:
    """The document in an entry of a waiting list; None where it is damaged."""
    try:
        return Document.model_validate_json(content.partition(b"\n")[0])
    except ValidationError:
        return None


def _is_sent_again(claim: Sequence[bytes]) -> bool:
    """Whether the lines of a claim tell that a person sends the document through once more."""
    for line in claim:
        # What a crash has cut off is written once more below it.
        with suppress(ValueError, AttributeError):
            if json.loads(line).get("way_in") == WayIn.RETRY:
                return True
    return False


def _touch(copy: Path) -> bool:
    """Show that it is in use, so that nobody tidies it away meanwhile (see `copies`); False where it is not there."""
    try:
        os.utime(copy)
    except FileNotFoundError:
        return False
    return True
