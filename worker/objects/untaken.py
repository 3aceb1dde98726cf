"""What is left in the inboxes of all machines: one list each, told by whoever watches there."""

import socket
from collections.abc import Sequence
from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from worker.objects.bucket import Bucket
from worker.storage.untaken import Untaken

_FOLDER = "untaken"
_LIST = TypeAdapter(tuple[Untaken, ...])


class ObjectUntaken:
    """The lists in a bucket; that of this machine is written only when it changes. Every method blocks."""

    def __init__(self, bucket: Bucket, machine: str | None = None) -> None:
        self._bucket = bucket
        self._key = f"{_FOLDER}/{machine or socket.gethostname()}"
        self._written: tuple[Untaken, ...] | None = None

    def read(self) -> tuple[Untaken, ...]:
        """What all watchers wrote last. Raises OSError."""
        keys = [each.key for each in self._bucket.list(_FOLDER)]
        found: list[Untaken] = []
        for content in self._bucket.each(self._bucket.read, keys):
            with suppress(ValidationError):
                found += _LIST.validate_json(content)
        return tuple(found)

    def write(self, untaken: Sequence[Untaken]) -> None:
        """Replace the list of this machine. Raises OSError."""
        if tuple(untaken) == self._written:
            return
        if untaken:
            self._bucket.write(self._key, _LIST.dump_json(tuple(untaken), indent=2))
        else:
            self._bucket.remove(self._key)
        self._written = tuple(untaken)
