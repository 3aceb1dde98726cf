"""The keys of the API in a bucket, an object each, read with every request: one that is revoked is void at once.

api-keys/<id>          the key without its secret
api-keys-used/<id>     empty; its time tells the day of the key's last use
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date

from worker.objects.bucket import Bucket

_KEYS, _USED = "api-keys", "api-keys-used"


class ObjectKeys:
    """Implements `worker.storage.api_keys.KeptKeys` in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def ids(self) -> Iterable[str]:
        """The ids of all keys."""
        return self._bucket.names(_KEYS)

    def read(self, key_id: str) -> bytes:
        """One of them. Raises FileNotFoundError."""
        return self._bucket.read(f"{_KEYS}/{key_id}")

    def create(self, key_id: str, content: bytes) -> None:
        """Keep a new one."""
        self._bucket.create(f"{_KEYS}/{key_id}", content)

    def replace(self, key_id: str, content: bytes) -> None:
        """Keep it changed."""
        self._bucket.write(f"{_KEYS}/{key_id}", content)

    def note_use(self, key_id: str) -> None:
        """Note that it was used this moment."""
        self._bucket.write(f"{_USED}/{key_id}", b"")

    def last_used(self, key_id: str) -> date | None:
        """The day (UTC) on which that was noted last."""
        with suppress(FileNotFoundError):
            return self._bucket.look(f"{_USED}/{key_id}").changed_at.astimezone(UTC).date()
        return None
