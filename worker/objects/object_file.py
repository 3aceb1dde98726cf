"""An object that is read like a file, from any place in it: an archive is large, and little of it is needed at once."""

import io
from typing import BinaryIO, cast

from worker.objects.bucket import Bucket

_AHEAD = 1 << 18
"""Bytes that one request brings: a directory of some thousand batches, or most batches whole."""


def open_object(bucket: Bucket, key: str) -> BinaryIO:
    """Open the object as it is now; it must not be replaced meanwhile. Blocks.

    Raises FileNotFoundError, and OSError.
    """
    listed = bucket.describe(key)
    if listed is None:
        raise FileNotFoundError(f"there is no object {key}")
    return cast("BinaryIO", io.BufferedReader(_ObjectFile(bucket, key, listed.size), _AHEAD))


class _ObjectFile(io.RawIOBase):
    def __init__(self, bucket: Bucket, key: str, size: int) -> None:
        self._bucket = bucket
        self._key = key
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, begin + offset)
        return self._place

    def readall(self) -> bytes:
        return self._read(self._size)

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]  # what BufferedReader gives
        content = self._read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _read(self, most: int) -> bytes:
        length = min(most, self._size - self._place)
        if length <= 0:
            return b""
        content = self._bucket.read_range(self._key, self._place, length)
        self._place += len(content)
        return content
