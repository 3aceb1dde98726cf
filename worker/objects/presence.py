"""Whether a worker is running on any machine: each writes an object every few seconds, and removes it when it ends."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from worker.clock import utc_now
from worker.objects.bucket import Bucket
from worker.storage.threads import in_thread

_FOLDER = "workers"
_MARK = timedelta(seconds=10)
_ALIVE = timedelta(minutes=1)
"""How old a sign of life may be: by two clocks, since it is only told and nothing is decided by it."""
_GONE = timedelta(days=1)


class ObjectPresence:
    """The workers of one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._key = f"{_FOLDER}/{secrets.token_hex(8)}"

    @asynccontextmanager
    async def announced(self) -> AsyncIterator[None]:
        """Be a running worker for the time of the block. Raises OSError."""
        await asyncio.to_thread(self._bucket.write, self._key, b"")
        marking = asyncio.create_task(self._mark_for_ever())
        try:
            yield
        finally:
            marking.cancel()
            with suppress(OSError):
                await asyncio.to_thread(self._bucket.remove, self._key)

    @in_thread
    def last_seen(self) -> datetime | None:
        """When the last worker was seen, where none is running; None while one is, or where that cannot be told."""
        try:
            seen = {each.key: each.changed_at for each in self._bucket.list(_FOLDER)}
            newest = max(seen.values(), default=datetime.fromtimestamp(0, UTC))
            # The newest stays: it tells since when nobody has been there.
            if over := [key for key, at in seen.items() if at != newest and utc_now() - at > _GONE]:
                self._bucket.remove(*over)
        except OSError:
            return None
        return None if utc_now() - newest < _ALIVE else newest

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_MARK.total_seconds())
            with suppress(OSError):
                await asyncio.to_thread(self._bucket.write, self._key, b"")
