"""How far others were told of what all machines do; each step is taken from the one that was read (If-Match).

    notices/feed           how far each batch was told, and what else was
    notices/quarantined    which refused originals are known

Whoever still looks after another machine has taken its place fails here, behind what it has put into the boxes.
"""

from collections.abc import Collection
from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from jobs.model.names import ADocument, DocumentId
from worker.objects.bucket import Bucket
from worker.storage.feed_position import FeedPosition
from worker.storage.notice_box import FOLDER

_FEED, _QUARANTINED = f"{FOLDER}/feed", f"{FOLDER}/quarantined"
_DOCUMENTS = TypeAdapter(frozenset[ADocument])


class ObjectFeedPosition:
    """Implements `worker.storage.notice_ports.TellingPosition` in a bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._versions: dict[str, str] = {}

    def read(self) -> FeedPosition | None:
        """The position; None where nobody was told anything yet."""
        with suppress(FileNotFoundError, ValidationError):
            return FeedPosition.model_validate_json(self._look(_FEED))
        return None

    def write(self, position: FeedPosition) -> None:
        """Go on to there. Raises Replaced where another machine has gone on since it was read."""
        self._replace(_FEED, position.model_dump_json().encode())

    def read_quarantined(self) -> frozenset[DocumentId] | None:
        """Which refused originals are known; None where nobody was told anything yet."""
        with suppress(FileNotFoundError, ValidationError):
            return _DOCUMENTS.validate_json(self._look(_QUARANTINED))
        return None

    def write_quarantined(self, known: Collection[DocumentId]) -> None:
        """Know these. Raises as `write`."""
        self._replace(_QUARANTINED, _DOCUMENTS.dump_json(frozenset(known)))

    def _look(self, key: str) -> bytes:
        self._versions.pop(key, None)
        found = self._bucket.look(key)
        self._versions[key] = found.version
        return found.content

    def _replace(self, key: str, content: bytes) -> None:
        version = self._versions.get(key)
        if version is None:
            self._versions[key] = self._bucket.create(key, content)
        else:
            self._versions[key] = self._bucket.replace(key, content, version)
