"""The bytes of a document that an entry names, piece by piece."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.model.digest import Digest
from worker.storage.copying import PIECE
from worker.storage.fingerprint import Changing, Fingerprint, has_writer
from worker.storage.tree import Location
from worker.streams.entry import FilePath
from worker.streams.poison import Poison, PoisonReason


class SourceGone(Poison):
    """There is nothing there (any more)."""

    def __init__(self, detail: str) -> None:
        super().__init__(PoisonReason.UNREADABLE, detail)


class SourceAway(Exception):
    """It cannot be had now; it may later. The message says why, and holds no address."""


async def read_content(content: bytes, most: int) -> AsyncIterator[bytes]:
    """The bytes themselves. Raises Poison where there are more than `most`."""
    if len(content) > most:
        raise Poison(PoisonReason.TOO_LARGE, f"content has {len(content)} bytes; at most {most} are taken in an entry")
    for first in range(0, len(content), PIECE):
        yield content[first : first + PIECE]


async def read_file(location: Location) -> AsyncIterator[bytes]:
    """The bytes of a file, which is opened once. Raises Changing while somebody writes to it, and Poison."""
    with _readable(location):
        opening = location.opened()
        descriptor = await asyncio.to_thread(opening.__enter__)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise Poison(PoisonReason.UNREADABLE, "path leads to something that is no plain file")
            left = before.st_size
            while left and (piece := await asyncio.to_thread(os.read, descriptor, min(PIECE, left))):
                left -= len(piece)
                yield piece
            if has_writer(descriptor) or Fingerprint.of(os.fstat(descriptor)) != Fingerprint.of(before):
                raise Changing(location.path)
        finally:
            opening.__exit__(None, None, None)


def find_file(source: FilePath, folders: Sequence[Path]) -> Location:
    """Where the file stands, below one of these folders; links are followed nowhere below them. Raises Poison."""
    path = Path(source.path)
    folder = next((folder for folder in folders if folder in path.parents), None)
    if folder is None or ".." in path.parts or "\0" in source.path:
        raise Poison(PoisonReason.NOT_ALLOWED, "path leads out of the folders that the settings allow (queue.paths)")
    return Location.of(path, folder)


def remove_file(location: Location, content: Digest) -> None:
    """Remove the file while it holds that content. Blocks; raises Changing when it does not, and OSError.

    Between reading and removing, and across a crash, a program may have put its next document under the same name.
    """
    with location.opened() as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        if hashlib.file_digest(file, content.algorithm.value).hexdigest() != content.hex:
            raise Changing(location.path)
    with location.folder() as folder:
        os.unlink(location.name, dir_fd=folder)


@contextmanager
def _readable(location: Location) -> Iterator[None]:
    try:
        yield
    except Changing:
        raise
    except FileNotFoundError:
        raise SourceGone(f"there is no file {location.name!r}") from None
    except OSError as error:
        raise Poison(PoisonReason.UNREADABLE, f"{location.name!r} cannot be read: {error.strerror}") from None
