"""A prefix of a bucket as a folder elsewhere. Objects appear whole, and are created on condition (S3, PutObject)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

from worker.objects.bucket import Bucket, Listed
from worker.objects.failures import StorageAway, StorageRefuses
from worker.places.place import LARGEST_LIST, Denied, FoundFile, PlaceAway, Replaced
from worker.storage.copying import PIECE
from worker.storage.names import escape_controls

_AT_ONCE = 16 << 20
"""Bytes that one conditional request holds; what is larger goes in parts, behind a look whether the name is free."""

_MISNAMED = "object with invalid path"
"""How the library says that a list names what it cannot: then it gives nothing of that list."""
_RENAME = "Remove it with another program, or give it a key without `//`, `/./`, `/../` and control characters"

P = ParamSpec("P")
T = TypeVar("T")


class BucketPlace:
    """Implements `Place`.

    Between its last look and removing an object somebody may replace it, as the protocol has no removal on condition:
    programs give each object a name of its own.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def list(self, folder: str) -> Sequence[FoundFile]:
        """Objects right below that prefix."""
        listed = await _ask(self._bucket.files, folder)
        return [_describe(each) for each in islice(listed, LARGEST_LIST)]

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises FileNotFoundError."""
        pieces = self._bucket.pieces(path)
        while piece := await _ask(next, pieces, b""):
            whole = bytes(piece)
            for first in range(0, len(whole), PIECE):
                yield whole[first : first + PIECE]

    async def look(self, path: str) -> FoundFile | None:
        """The object as it stands now."""
        listed = await _ask(self._bucket.describe, path)
        return None if listed is None else _describe(listed)

    async def create(self, path: str, content: bytes | Path) -> None:
        """Create the object. Raises FileExistsError."""
        if isinstance(content, Path):
            if (await asyncio.to_thread(content.stat)).st_size > _AT_ONCE:
                if await self.look(path) is not None:
                    raise FileExistsError(path)
                await _ask(self._bucket.send, path, content)
                return
            content = await asyncio.to_thread(content.read_bytes)
        await _ask(self._bucket.create, path, content)

    async def remove(self, path: str) -> None:
        """Remove the object."""
        await _ask(self._bucket.remove, path)

    async def take_away(self, path: str, found: FoundFile, to: str | None) -> None:
        """Remove, or move there, that very object. Raises Replaced."""
        if await self.look(path) != found:
            raise Replaced(path)
        if to is not None:
            await _ask(self._bucket.copy, path, to)
        await self.remove(path)

    async def close(self) -> None:
        """Nothing is held open."""


def _describe(listed: Listed) -> FoundFile:
    # Lists of many storages tell milliseconds (MinIO, Ceph), and heads never do (RFC 9110 §5.6.7).
    version = f"{listed.version} {listed.changed_at.replace(microsecond=0).isoformat()}"
    return FoundFile(listed.key.rpartition("/")[2], listed.size, version)


async def _ask(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except StorageAway as error:
        why = escape_controls(error.why)
        if _MISNAMED in why:
            raise Denied(f"an object there has a key that cannot be used: {why}. {_RENAME}") from None
        kind = Denied if isinstance(error, StorageRefuses) else PlaceAway
        raise kind(f"{why}. Check the address, the keys and their rights (list, get, put, delete)") from None
