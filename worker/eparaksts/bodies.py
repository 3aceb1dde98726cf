"""What calls send: JSON, forms, and files as multipart/form-data (RFC 7578), of which only a piece is in memory."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text

SMALL = 256 * 1024
"""Files up to this many bytes are read and written on the spot: they meet the page cache, and measured over a whole
batch the visits to a thread cost us a third of each document's CPU."""
PIECE = 512 * 1024
"""Bytes of a larger file in memory at a time, read in a thread."""

_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\r": "%0D", "\n": "%0A"})
"""In a quoted string a backslash says that the next character is meant as it is (RFC 2183 §2, RFC 822 §3.3). Browsers
write %22 for a quote, but a server that does not read that back keeps the file under another name. Line breaks, which
no document's name holds, would end the header."""


@dataclass(frozen=True, slots=True)
class BytesBody:
    """A body that is made already. It may hold a code, so it is never shown."""

    content_type: str
    octets: bytes = field(repr=False)

    @property
    def length(self) -> int:
        """The Content-Length."""
        return len(self.octets)

    async def content(self) -> bytes:
        """All of it."""
        return self.octets


def as_json(value: Mapping[str, object]) -> BytesBody:
    """A JSON body."""
    return BytesBody("application/json", json.dumps(value, separators=(",", ":")).encode())


def as_form(fields: Mapping[str, str]) -> BytesBody:
    """A form body (vendor §3.4)."""
    return BytesBody("application/x-www-form-urlencoded; charset=UTF-8", urlencode(fields).encode())


class FileBody:
    """The file at `path` as the part named `file`; its extension is what the vendor goes by (vendor §4.3)."""

    def __init__(self, path: Path, file: DataFile) -> None:
        boundary = secrets.token_hex(16)
        name = file.name.translate(_ESCAPES)
        self._path = path
        self._size = file.size
        self._sha256 = file.sha256.value
        self.fault: Rejected | None = None
        """Why the body was broken off while it was being sent."""
        # RFC 7578 §4.2: the name stands there in UTF-8, as it is.
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {file.media_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.length = len(self._head) + self._size + len(self._tail)

    async def content(self) -> bytes | AsyncIterator[bytes]:
        """All of a small file; pieces of a large one. Raises Rejected when the file is not what it was when it came.

        Of a large file that is found out at its end: then the body is broken off before its last bytes, which no
        server takes for a whole one, and `fault` says why.
        """
        if self._size <= SMALL:
            self._check_size()
            content = self._path.read_bytes()
            self._require_hash(hashlib.sha256(content).digest())
            return b"".join((self._head, content, self._tail))
        await asyncio.to_thread(self._check_size)
        return self._pieces()

    def _check_size(self) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            raise Rejected(Reason.LOST_ORIGINAL, Text("the original is not there any more")) from None
        if size != self._size:
            raise Rejected(
                Reason.LOST_ORIGINAL,
                Text("the original has {size} bytes now; it came with {before}", size=size, before=self._size),
            )

    def _require_hash(self, sha256: bytes) -> None:
        if sha256 != self._sha256:
            self.fault = Rejected(Reason.LOST_ORIGINAL, Text("the original is not what it was: its SHA-256 differs"))
            raise self.fault

    async def _pieces(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            yield self._head
            sha256 = hashlib.sha256()
            while piece := await asyncio.to_thread(file.read, PIECE):
                await asyncio.to_thread(sha256.update, piece)
                yield piece
            self._require_hash(sha256.digest())
            yield self._tail
