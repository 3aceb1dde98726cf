"""Files on their way to a browser: in pieces, and so that nothing in them can do anything to the desk."""

import asyncio
import os
import re
import stat
import zipfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import structlog
from aiohttp import web

from worker.desk.security import SANDBOXED
from worker.storage.tree import Location, status_of, walk

log = structlog.get_logger()

PIECE = 256 << 10
"""Bytes that are in memory at a time."""
PATIENCE = 60.0
"""Seconds in which a browser must have taken a piece."""
PDF, ZIP, ANYTHING = "application/pdf", "application/zip", "application/octet-stream"
_PDF_HEAD = b"%PDF-"
_WITHIN = 1024
"""Bytes within which readers accept the head of a PDF (ISO 32000-1 Annex H.3, implementation note 13)."""
_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f\ud800-\udfff]")
"""No part of a name in a ZIP: what separates folders elsewhere, controls, and bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent: its name for people, its media type, and its bytes, which are read in a thread.

    It is shown in the browser only where `is_shown`, else kept as a file; `size` where it is known.
    """

    name: str
    media_type: str
    pieces: Generator[bytes, None, None]
    size: int | None = None
    is_shown: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """What the browser is told beside what every answer says: what it is, and how to call it (RFC 6266)."""
        return {
            "Content-Type": self.media_type,
            "Content-Disposition": disposition(self.name, is_shown=self.is_shown),
            "Cross-Origin-Resource-Policy": "same-origin",
        }


def disposition(name: str, *, is_shown: bool) -> str:
    """The Content-Disposition of a file of that name: once in ASCII, and once as it is (RFC 8187 §3.2)."""
    bare = name.rpartition("/")[2]
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_" for letter in bare
    )
    exact = quote(bare.encode(errors="replace"), safe="")
    return f"{'inline' if is_shown else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{exact}"


async def send(request: web.Request, sending: Sending, within: float | None = None) -> web.StreamResponse:
    """Send all of it, into a sandbox; `within` so many seconds, if that is said. What is not taken is broken off."""
    request[SANDBOXED] = True
    response = web.StreamResponse(headers=sending.headers)
    response.content_length = sending.size
    with closing(sending.pieces) as pieces:
        # Begun before anything can fail: what was never begun does not close its file.
        piece = await asyncio.to_thread(next, pieces, b"")
        await response.prepare(request)
        try:
            async with asyncio.timeout(within):
                while piece:
                    async with asyncio.timeout(PATIENCE):
                        await response.write(piece)
                    piece = await asyncio.to_thread(next, pieces, b"")
                await response.write_eof()
        except (OSError, TimeoutError) as error:
            # Half of it is sent: there is no page to tell that on any more, and it must not look like all of it.
            log.info("file not taken", name=sending.name, error=error)
            if request.transport is not None:
                request.transport.abort()
    return response


def open_original(path: Path, name: str, *, is_shown: bool) -> Sending:
    """An original of ours: a PDF may be shown, anything else is for saving; a folder becomes a ZIP. Blocks.

    Raises OSError.
    """
    if path.is_dir():
        return Sending(f"{name}.zip", ZIP, zip_pieces(_folder_files(path)))
    descriptor = _open(Location.of(path))
    is_pdf = _PDF_HEAD in os.pread(descriptor, _WITHIN, 0)
    size = os.fstat(descriptor).st_size
    return Sending(name, PDF if is_pdf else ANYTHING, _read(descriptor), size, is_shown=is_shown and is_pdf)


def open_file(location: Location, media_type: str) -> Sending:
    """A file as it stands there, to be kept. Blocks; raises OSError, also for a link."""
    descriptor = _open(location)
    return Sending(location.name, media_type, _read(descriptor), os.fstat(descriptor).st_size)


def zip_pieces(files: Iterable[tuple[str, Iterable[bytes]]]) -> Generator[bytes, None, None]:
    """A ZIP of these files by name, made while it is sent: no more than a piece of it is in memory, none on disk."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, pieces in files:
            about = zipfile.ZipInfo(name)
            about.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(about, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    if content := sink.take():
                        yield content
    yield sink.take()


class _Sink:
    """Where a ZIP is written to that nobody can wind back."""

    def __init__(self) -> None:
        self._content = bytearray()

    def write(self, piece: bytes, /) -> int:
        self._content += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Nothing is held open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._content)
        self._content.clear()
        return content


def _folder_files(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    for entry in walk(folder):
        if stat.S_ISREG(status_of(entry).st_mode):
            yield _UNSAFE.sub(_escape, "/".join(entry.parts)), _read(_open(Location(folder, entry.parts)))


def _escape(unsafe: re.Match[str]) -> str:
    return f"%{ord(unsafe[0]) & 0xFF:02X}"


def _open(location: Location) -> int:
    with location.opened() as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{location.path} is no plain file")
        return os.dup(descriptor)


def _read(descriptor: int) -> Generator[bytes, None, None]:
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while piece := file.read(PIECE):
            yield piece
