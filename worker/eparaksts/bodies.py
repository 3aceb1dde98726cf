"""What calls send: JSON, forms, and files as multipart/form-data (RFC 7578), of which only a piece is in memory."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason

SMALL = 256 * 1024
"""Files up to this many bytes are read and written on the spot: they meet the page cache, and measured over a whole
batch the visits to a thread cost us a third of each document's CPU."""
PIECE = 512 * 1024
"""Bytes of a larger file in memory at a time, read in a thread."""

# What would end the quoted name, or its header, as browsers escape it (WHATWG HTML, multipart form data).
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


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
        # RFC 7578 §4.2: the name stands there in UTF-8, as it is.
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {file.media_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.length = len(self._head) + self._size + len(self._tail)

    async def content(self) -> bytes | AsyncIterator[bytes]:
        """All of a small file; pieces of a large one. Raises Rejected when the file is not as long as it was."""
        if self._size <= SMALL:
            self._check_size()
            return b"".join((self._head, self._path.read_bytes(), self._tail))
        await asyncio.to_thread(self._check_size)
        return self._pieces()

    def _check_size(self) -> None:
        size = self._path.stat().st_size
        if size != self._size:
            raise Rejected(Reason.DAMAGED, f"the original has {size} bytes now; it came with {self._size}")

    async def _pieces(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            yield self._head
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
            yield self._tail
