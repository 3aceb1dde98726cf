"""The same calls over bare asyncio streams, with hand-written HTTP/1.1: what Python itself cannot do for less."""

import ssl
from asyncio import StreamReader, StreamWriter, open_connection
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.form import FORM, form_of

_LARGEST = 64 * 1024
"""Bytes of an answer's head."""


class BadAnswer(OSError):
    """The vendor refused, or answered in a way that this client does not read; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A transport over connections that are kept and used again."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    idle: deque[tuple[StreamReader, StreamWriter]] = field(default_factory=deque)

    async def ask(
        self, method: str, path: str, authorization: str, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        """Implements `Transport`."""
        head, answer = await self._exchange(method, path, authorization, body, content_type)
        if not head.startswith(b"HTTP/1.1 2"):
            raise BadAnswer(f"{method} {path}: {head[:40]!r} {answer[:500]!r}")
        return answer

    async def upload(self, path: str, authorization: str, file: Path, content_type: str) -> None:
        """Implements `Transport`."""
        await self.ask("PUT", path, authorization, form_of(file, content_type), FORM)

    async def download(self, path: str, authorization: str, target: Path) -> None:
        """Implements `Transport`."""
        # A thread would cost more than it saves.
        target.write_bytes(await self.ask("GET", path, authorization))  # noqa: ASYNC240

    async def redirect(self, path: str) -> str:
        """Implements `Transport`."""
        head, _ = await self._exchange("GET", path, "", b"", "")
        return _field(head, b"location").decode()

    async def _exchange(
        self, method: str, path: str, authorization: str, body: bytes, content_type: str
    ) -> tuple[bytes, bytes]:
        reader, writer = await self._connection()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        if body:
            lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        writer.write(b"".join(("\r\n".join(lines).encode(), b"\r\n\r\n", body)))
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(_field(head, b"content-length")))
        self.idle.append((reader, writer))
        return head, answer

    async def _connection(self) -> tuple[StreamReader, StreamWriter]:
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await open_connection(self.host, self.port, ssl=self.tls, limit=_LARGEST)


def _field(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    raise BadAnswer(f"an answer without {name.decode()}: {head!r}")


@asynccontextmanager
async def bare(url: str, _in_flight: int) -> AsyncIterator[Bare]:
    """A bare client for the time of the block."""
    parts = urlsplit(url)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    client = Bare(parts.hostname or "", parts.port or 443, tls)
    yield client
    for _, writer in client.idle:
        writer.close()
