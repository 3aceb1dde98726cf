"""A folder behind SFTP (version 3, as OpenSSH speaks it) as a folder elsewhere.

A file is written as `.<name>.zimogs.part` and gets its name by a hard link, which never takes another file's place;
where the server knows none, by renaming it to a name that is free. What is taken away is first renamed to
`.zimogs~<random>~<name>` and looked at once more, so that what somebody put there at the last moment gets its name
back; so does what a crash left.
"""

import re
import secrets
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncssh

from worker.places.place import ASIDE, LARGEST_LIST, Denied, FoundFile, Replaced, join
from worker.places.sftp_connection import SftpConnection, SftpServer, answer, closing
from worker.storage.copying import PIECE
from worker.storage.names import fit_name
from worker.storage.untaken import Obstacle

_PUT_ASIDE = re.compile(re.escape(ASIDE) + r"(?:[0-9a-f]{8}~)?(?P<name>.+)", re.DOTALL)
"""What was put aside without something random in its name was put there by an earlier zimogs."""
_PART = ".zimogs.part"
_OTHER = -1
_LONGEST = 255
"""Bytes of a name (NAME_MAX of the usual file systems)."""


class SftpPlace:
    """Implements `Place`. Where one process at a time works there; machines that may meet have a `writer` each."""

    def __init__(self, server: SftpServer, writer: str = "") -> None:
        self._connection = SftpConnection(server)
        self._root = server.folder.rstrip("/")
        # Two that write one file at once must not write into the same one: it may be named already.
        self._part = f".{writer}{_PART}" if writer else _PART

    async def list(self, folder: str) -> Sequence[FoundFile]:
        """Files right in that folder, links and what is special among them. Raises FileNotFoundError."""
        found: list[FoundFile] = []
        async with self._connection.used() as sftp:
            entries = _entries(sftp, self._path(folder))
            async with closing(entries.aclose):
                while len(found) < LARGEST_LIST and (entry := await answer(anext(entries, None))):
                    described = _describe(str(entry.filename), entry.attrs)
                    if described.size != _OTHER or described.obstacle is not None:
                        found.append(described)
        return [each for each in found if each.obstacle or not await self._put_back(folder, each.name)]

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises FileNotFoundError."""
        async with self._connection.used() as sftp, _opened(sftp, self._path(path), "rb") as file:
            while piece := await answer(file.read(PIECE)):
                # A file that was opened without an encoding gives bytes.
                assert isinstance(piece, bytes)  # noqa: S101
                yield piece

    async def look(self, path: str) -> FoundFile | None:
        """What stands there; links are not followed."""
        try:
            async with self._connection.used() as sftp:
                return _describe(path.rpartition("/")[2], await answer(sftp.lstat(self._path(path))))
        except FileNotFoundError:
            return None

    async def create(self, path: str, content: bytes | Path) -> None:
        """Create the file. Raises FileExistsError."""
        folder, _, name = path.rpartition("/")
        aside = join(folder, f".{fit_name(name, spare=len(self._part) + 1)}{self._part}")
        async with self._connection.used() as sftp:
            await answer(sftp.makedirs(self._path(folder), exist_ok=True))
            async with _created(sftp, self._path(aside)) as file:
                if isinstance(content, bytes):
                    await answer(file.write(content))
                else:
                    with content.open("rb") as source:
                        while piece := source.read(PIECE):
                            await answer(file.write(piece))
                with suppress(asyncssh.SFTPOpUnsupported):
                    await answer(file.fsync())
            await self._name(sftp, aside, path)

    async def remove(self, path: str) -> None:
        """Remove the file."""
        with suppress(FileNotFoundError):
            async with self._connection.used() as sftp:
                await answer(sftp.remove(self._path(path)))

    async def take_away(self, path: str, found: FoundFile, to: str | None) -> None:
        """Remove, or move there, that very file. Raises Replaced."""
        folder, _, name = path.rpartition("/")
        put_aside = f"{ASIDE}{secrets.token_hex(4)}~{name}"
        # Without a name to put it aside under, the one look before has to do.
        is_short = len(put_aside.encode(errors="surrogateescape")) <= _LONGEST
        aside = join(folder, put_aside) if is_short else path
        try:
            async with self._connection.used() as sftp:
                if _describe(name, await answer(sftp.lstat(self._path(path)))) != found:
                    raise Replaced(path)
                if aside != path:
                    await answer(sftp.rename(self._path(path), self._path(aside)))
                if _describe(name, await answer(sftp.lstat(self._path(aside)))) != found:
                    await self._put_back(folder, put_aside)
                    raise Replaced(path)
                if to is None:
                    await answer(sftp.remove(self._path(aside)))
                    return
                await answer(sftp.makedirs(self._path(to.rpartition("/")[0]), exist_ok=True))
                await answer(sftp.rename(self._path(aside), self._path(to)))
        except FileNotFoundError:
            raise Replaced(path) from None

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def _name(self, sftp: asyncssh.SFTPClient, aside: str, path: str) -> None:
        try:
            await answer(sftp.link(self._path(aside), self._path(path)))
        except asyncssh.SFTPError:
            # Version 3 says no more than that it failed.
            if await self.look(path) is not None:
                await answer(sftp.remove(self._path(aside)))
                raise FileExistsError(path) from None
            await answer(sftp.rename(self._path(aside), self._path(path)))
        else:
            await answer(sftp.remove(self._path(aside)))

    async def _put_back(self, folder: str, name: str) -> bool:
        """Give what was put aside its name again; False where it is nothing such, or another has its name by now."""
        put_aside = _PUT_ASIDE.fullmatch(name)
        if put_aside is None:
            return False
        target = join(folder, put_aside["name"])
        with suppress(FileNotFoundError, Denied):
            async with self._connection.used() as sftp:
                if await self.look(target) is None:
                    await answer(sftp.rename(self._path(join(folder, name)), self._path(target)))
                    return True
        return False

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/") or "/"


@asynccontextmanager
async def _opened(sftp: asyncssh.SFTPClient, path: str, mode: str) -> AsyncIterator[asyncssh.SFTPClientFile]:
    """A file for the time of the block."""
    file = await answer(sftp.open(path, mode))
    async with closing(file.close):
        yield file


@asynccontextmanager
async def _created(sftp: asyncssh.SFTPClient, path: str) -> AsyncIterator[asyncssh.SFTPClientFile]:
    """A new file in the place of what a crash left there. It follows no link, and goes where it cannot be written."""
    with suppress(asyncssh.SFTPNoSuchFile):
        await answer(sftp.remove(path))
    try:
        async with _opened(sftp, path, "xb") as file:
            yield file
    except asyncssh.SFTPError:
        # Whoever has no room for it has none for the next one beside it.
        with suppress(asyncssh.SFTPError):
            await answer(sftp.remove(path))
        raise


def _entries(sftp: asyncssh.SFTPClient, folder: str) -> AsyncGenerator[asyncssh.SFTPName]:
    entries = sftp.scandir(folder)
    # It is one, though its type does not say so; unread to its end, it holds the folder open at the server.
    assert isinstance(entries, AsyncGenerator)  # noqa: S101
    return entries


def _describe(name: str, attributes: asyncssh.SFTPAttrs) -> FoundFile:
    mode = attributes.permissions
    is_plain = attributes.type == asyncssh.FILEXFER_TYPE_REGULAR if mode is None else stat.S_ISREG(mode)
    if not is_plain or attributes.size is None:
        return FoundFile(name, _OTHER, "", None if mode is None else _find_obstacle(mode))
    return FoundFile(name, attributes.size, f"{attributes.mtime} {attributes.uid}")


def _find_obstacle(mode: int) -> Obstacle | None:
    if stat.S_ISLNK(mode):
        return Obstacle.LINK
    is_special = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return Obstacle.SPECIAL if is_special else None
