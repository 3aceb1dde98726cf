"""Documents that a machine took in and does not finish: any other that takes documents in goes on with them.

Whatever has left an inbox is in the bucket, and its claim beside it (`taken/<id>`), until it waits or is refused. No
two clocks are compared, as with leases: a claim is nobody's when whoever wants it has seen the same version of it for
all of its life, by its own stopwatch, and of several the one that replaces that very version has it (If-Match).

A machine that was only slow, or comes back after weeks, finishes the same document under the same id: that changes
nothing any more.
"""

import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from jobs.model.names import DocumentId, is_document_id
from worker.objects.bucket import Bucket
from worker.objects.documents import TAKEN, StoredDocuments, left_mark, place_of, refused_mark
from worker.objects.failures import Replaced
from worker.storage.durable import make_folder, sync_folder, write_whole
from worker.storage.layout import Layout

log = structlog.get_logger()

LIFE = timedelta(seconds=30)
"""How long a document is left to the machine that took it in: far longer than the judgement of one takes."""
_LOOKS = 6
"""In one life."""


class Adoption:
    """Takes over documents of one bucket onto one shelf. `clock` gives monotonic seconds."""

    def __init__(
        self,
        bucket: Bucket,
        documents: StoredDocuments,
        layout: Layout,
        *,
        life: timedelta = LIFE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = bucket
        self._documents = documents
        self._layout = layout
        self._life = life.total_seconds()
        self._clock = clock
        self._seen: dict[str, tuple[str, float]] = {}
        self._looked_at: float | None = None

    def adopt(self) -> int:
        """Have on the shelf, with their claims, what nobody finishes; gives how many. Blocks; raises OSError."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < self._life / _LOOKS:
            return 0
        self._looked_at = now
        listed = {each.key: each.version for each in self._bucket.list(TAKEN)}
        known = self._seen
        self._seen = {
            key: known[key] if known.get(key, ("",))[0] == version else (version, now)
            for key, version in listed.items()
        }
        over = [key for key, (_, since) in self._seen.items() if now - since >= self._life]
        return sum(self._bucket.each(self._adopt, over))

    def _adopt(self, key: str) -> bool:
        document = DocumentId(key.removeprefix(f"{TAKEN}/"))
        # One of this machine's own is taken up by whoever watches here.
        if not is_document_id(document) or self._layout.place(document).claim.exists():
            return False
        marks = {each.key for each in self._bucket.list(place_of(document))}
        if marks & {left_mark(document), refused_mark(document)}:
            self._bucket.remove(key)
            return False
        try:
            found = self._bucket.look(key)
            if found.version != self._seen[key][0]:
                return False
            self._bucket.replace(key, b"\n".join((found.content, secrets.token_hex(8).encode())), found.version)
        except (Replaced, FileNotFoundError):
            return False
        self._take(document, found.content)
        log.warning("document taken over from another machine", document=document)
        return True

    def _take(self, document: DocumentId, content: bytes) -> None:
        place = self._layout.place(document)
        make_folder(place.folder)
        self._documents.fetch(document, place.original)
        with suppress(FileNotFoundError):
            write_whole(place.metadata, self._bucket.read(f"{place_of(document)}/metadata"))
        # Last: what has a claim is there.
        write_whole(place.claim, _own(content, document))
        sync_folder(place.folder)


def _own(content: bytes, document: DocumentId) -> bytes:
    """The claim as one on a copy: what its path named is on a machine that we do not see."""
    lines: list[bytes] = []
    for line in content.split(b"\n"):
        with suppress(ValueError):
            claim = json.loads(line)
            if isinstance(claim, dict) and claim.get("id") == document and "source" in claim:
                lines.append(json.dumps(claim | {"source": None, "sidecar": None, "by": None}).encode())
    return b"\n".join(lines)
