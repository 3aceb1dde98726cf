"""Folders elsewhere for tests: an SFTP server in this process, a prefix of moto's bucket, and a folder as the fake."""

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncssh

from config.places import InboxPlace, OutboxPlace
from worker.objects.bucket import Bucket
from worker.places.place import Denied, FoundFile, Place, Replaced
from worker.places.sftp_connection import SftpServer
from worker.places.sftp_place import SftpPlace
from worker.storage.untaken import Obstacle

USER, WORD = "zimogs", "a password"
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")


class _Door(asyncssh.SSHServer):
    def __init__(self, within: list[asyncssh.SSHServerConnection]) -> None:
        self._within = within

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._within.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, WORD)


class Unlinking(asyncssh.SFTPServer):
    """A server that knows no hard links."""

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no links here")


@dataclass(frozen=True)
class Sftp:
    """A server that is running; `folder` is what it gives."""

    port: int
    folder: Path

    def server(self, **other: object) -> SftpServer:
        known = {"password": WORD, "host_keys": (HOST_KEY.get_fingerprint(),), **other}
        return SftpServer("127.0.0.1", self.port, USER, "/", **known)  # type: ignore[arg-type]

    @property
    def settings(self) -> dict[str, object]:
        url = f"sftp://{USER}@127.0.0.1:{self.port}/"
        return {"url": url, "password": WORD, "host_keys": [HOST_KEY.get_fingerprint()]}

    def inbox(self, **other: object) -> InboxPlace:
        return InboxPlace.model_validate({**self.settings, **other})

    def outbox(self, **other: object) -> OutboxPlace:
        return OutboxPlace.model_validate({**self.settings, **other})


@asynccontextmanager
async def sftp_server(
    folder: Path,
    *,
    port: int = 0,
    authorized: Path | None = None,
    kind: Callable[..., asyncssh.SFTPServer] = asyncssh.SFTPServer,
) -> AsyncIterator[Sftp]:
    """Give that folder by SFTP for the time of the block."""
    within: list[asyncssh.SSHServerConnection] = []
    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        reuse_address=True,
        server_factory=lambda: _Door(within),
        server_host_keys=[HOST_KEY],
        authorized_client_keys=None if authorized is None else str(authorized),
        sftp_factory=lambda channel: kind(channel, chroot=os.fsencode(folder)),
    )
    try:
        yield Sftp(server.get_port(), folder)
    finally:
        server.close()
        for connection in within:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()


class FolderPlace:
    """A folder of this machine as a place; `fails` has what is raised for single paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_away: Exception | None = None
        self.fails: dict[str, Exception] = {}
        self.unremovable = ""
        self.reads = 0

    async def list(self, folder: str) -> Sequence[FoundFile]:
        self._require_there(folder)
        where = self.folder / folder
        found = [self._describe(path) for path in sorted(where.iterdir())]
        return [each for each in found if each.size >= 0 or each.obstacle is not None]

    async def read(self, path: str) -> AsyncIterator[bytes]:
        self._require_there(path)
        self.reads += 1
        yield (self.folder / path).read_bytes()

    async def look(self, path: str) -> FoundFile | None:
        self._require_there()
        return self._describe(self.folder / path) if os.path.lexists(self.folder / path) else None  # noqa: ASYNC240

    async def create(self, path: str, content: bytes | Path) -> None:
        self._require_there(path)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.read_bytes())  # noqa: ASYNC240

    async def remove(self, path: str) -> None:
        self._require_there()
        (self.folder / path).unlink(missing_ok=True)

    async def take_away(self, path: str, found: FoundFile, to: str | None) -> None:
        self._require_there(path)
        if path == self.unremovable:
            raise Denied("it refuses that")
        if await self.look(path) != found:
            raise Replaced(path)
        if to is None:
            (self.folder / path).unlink()
            return
        (self.folder / to).parent.mkdir(exist_ok=True)
        (self.folder / path).rename(self.folder / to)

    async def close(self) -> None:
        """Nothing is held open."""

    def _require_there(self, path: str | None = None) -> None:
        if (failure := self.is_away or self.fails.get(path or "")) is not None:
            raise failure

    def _describe(self, path: Path) -> FoundFile:
        status = path.lstat()
        if path.is_symlink() or path.is_fifo():
            return FoundFile(path.name, -1, "", Obstacle.LINK if path.is_symlink() else Obstacle.SPECIAL)
        size = status.st_size if stat.S_ISREG(status.st_mode) else -1
        return FoundFile(path.name, size, str(status.st_mtime_ns))


class Elsewhere(Protocol):
    """A place, and what somebody else does there."""

    @property
    def place(self) -> Place: ...
    async def put(self, path: str, content: bytes) -> None: ...
    async def files(self) -> Mapping[str, bytes]: ...


@dataclass(frozen=True)
class InFolder:
    """Behind whatever gives a folder."""

    place: Place
    folder: Path

    async def put(self, path: str, content: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)

    async def files(self) -> Mapping[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


@dataclass(frozen=True)
class InBucket:
    """Behind the S3 protocol."""

    place: Place
    bucket: Bucket

    async def put(self, path: str, content: bytes) -> None:
        await asyncio.to_thread(self.bucket.write, path, content)

    async def files(self) -> Mapping[str, bytes]:
        def read() -> Mapping[str, bytes]:
            return {each.key: self.bucket.read(each.key) for each in self.bucket.list("")}

        return await asyncio.to_thread(read)


def sftp_elsewhere(sftp: Sftp) -> InFolder:
    """A folder of that server for one test."""
    name = secrets.token_hex(4)
    (sftp.folder / name).mkdir()
    known = {"password": WORD, "host_keys": (HOST_KEY.get_fingerprint(),)}
    server = SftpServer("127.0.0.1", sftp.port, USER, f"/{name}", **known)  # type: ignore[arg-type]
    return InFolder(SftpPlace(server), sftp.folder / name)
