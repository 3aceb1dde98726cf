"""A connection to one SFTP server, whose host key must be one of those that are known: no other is ever accepted.

Nothing of this machine's own SSH is used: no agent, no configuration, no key that the settings do not name.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncssh

from worker.error_text import error_text
from worker.places.place import Denied, PlaceAway
from worker.storage.names import escape_controls

_CONNECT, _LOGIN = 10, 20
"""Seconds until a connection stands, and until we are let in."""
_ALIVE, _SILENCES = 15, 2
"""Seconds between two signs of life that we ask for, and how many may be owed."""
_ANSWER, _CLOSING = 60.0, 5.0
"""Seconds for which one answer, or piece, is waited for; and until a file is closed there."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SftpServer:
    """Where the server is, who we are there, and how both sides are known."""

    host: str
    port: int
    user: str
    folder: str
    password: str | None = field(default=None, repr=False)
    key_file: Path | None = None
    host_keys: Collection[str] = ()
    """Fingerprints: `SHA256:…`."""
    known_hosts: Path | None = None


class _KnownHost(asyncssh.SSHClient):
    shown = "none"

    def __init__(self, fingerprints: Collection[str]) -> None:
        self._fingerprints = fingerprints

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.shown = f"{key.get_fingerprint()} ({key.get_algorithm()})"
        return key.get_fingerprint() in self._fingerprints


class SftpConnection:
    """Connects when it is first needed, and anew when the connection was lost."""

    def __init__(self, server: SftpServer) -> None:
        self.server = server
        self._connecting = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    @asynccontextmanager
    async def used(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """Ask the server within the block. Raises Denied where it refuses that, PlaceAway, and FileNotFoundError.

        An answer is waited for a minute; who asks several times waits for each by `answer`.
        """
        client = await self._connect()
        try:
            yield client
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise FileNotFoundError from None
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.Error, TimeoutError, OSError) as error:
            if isinstance(error, FileNotFoundError | FileExistsError):
                raise
            if isinstance(error, asyncssh.SFTPError) and not isinstance(error, _LOST):
                raise Denied(_explain(error)) from None
            # Another one may have connected anew since.
            if client is self._client:
                await self.close()
            raise PlaceAway(_explain(error)) from None

    async def close(self) -> None:
        """Let go of it; the next use connects again."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            with suppress(asyncssh.Error, OSError):
                await connection.wait_closed()

    async def _connect(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._client is None:
                door = _KnownHost(self.server.host_keys)
                try:
                    self._connection = await self._open(door)
                    self._client = await asyncio.wait_for(
                        # A name that is no UTF-8 must not make the whole folder unreadable.
                        self._connection.start_sftp_client(path_errors="surrogateescape"),
                        _ANSWER,
                    )
                except asyncssh.HostKeyNotVerifiable:
                    raise PlaceAway(
                        f"its host key is none that the settings know. It shows {door.shown}: ask whoever runs the "
                        "server whether that is theirs, before you correct host_keys or known_hosts"
                    ) from None
                except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
                    await self.close()
                    raise PlaceAway(_explain(error)) from None
            return self._client

    async def _open(self, door: _KnownHost) -> asyncssh.SSHClientConnection:
        server = self.server
        return await asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            password=server.password,
            client_keys=None if server.key_file is None else [str(server.key_file)],
            known_hosts=([], [], []) if server.known_hosts is None else str(server.known_hosts),
            client_factory=lambda: door,
            config=None,
            agent_path=None,
            x509_trusted_certs=None,
            connect_timeout=_CONNECT,
            login_timeout=_LOGIN,
            keepalive_interval=_ALIVE,
            keepalive_count_max=_SILENCES,
        )


_SHOWN = 200
"""Characters of what a server says that are shown."""
_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)


async def answer(asked: Awaitable[T]) -> T:
    """Wait for one answer, a minute at most. Raises TimeoutError."""
    return await asyncio.wait_for(asked, _ANSWER)


@asynccontextmanager
async def closing(close: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Let go of what the server holds open at the end of the block; who does not answer is not waited for long."""
    try:
        yield
    finally:
        await asyncio.wait_for(close(), _CLOSING)


_ADVICE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        asyncssh.PermissionDenied,
        "it does not let us in: check the user in url, password or key_file, and what the server allows",
    ),
    (
        asyncssh.SFTPPermissionDenied,
        "it refuses that: let the user list, read, write, rename and remove in the folder",
    ),
    (
        (asyncssh.KeyImportError, asyncssh.KeyEncryptionError),
        "key_file holds no private key that can be read: it is one without a passphrase (`ssh-keygen -p`)",
    ),
    (asyncssh.ChannelOpenError, "it lets us in, and gives no files by SFTP: ask whoever runs it to allow that"),
    (
        ValueError,
        "known_hosts cannot be understood: write it anew (`ssh-keyscan HOST`), and have whoever runs it confirm it",
    ),
    (TimeoutError, "it does not answer in time"),
)


def _explain(error: Exception) -> str:
    if advice := next((advice for kind, advice in _ADVICE if isinstance(error, kind)), None):
        return advice
    if isinstance(error, asyncssh.Error):
        said = escape_controls(error.reason)[:_SHOWN]
        if not isinstance(error, asyncssh.SFTPError) or isinstance(error, _LOST):
            return f"it is not reached: {said}"
        return (
            f"the server refuses that, and says “{said}”: look at the rights there, the room on its disk, and whether "
            "its file system can hold such a name"
        )
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read: {error.strerror}"
    return f"it is not reached: {(error.strerror if isinstance(error, OSError) else None) or error_text(error)}"
