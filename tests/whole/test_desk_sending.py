"""Files on their way to a browser: broken off where they are not taken, and with no name that does anything."""

import asyncio
import io
import os
import zipfile
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from worker.app.serving import listen, served
from worker.desk.sending import ZIP, Sending, open_original, send

Pieces = Generator[bytes, None, None]
BEGINNING = b"the beginning"


def fail() -> Pieces:
    yield BEGINNING
    raise OSError("the disk refuses")


def never_end() -> Pieces:
    yield BEGINNING
    while True:
        yield bytes(1 << 20)


@pytest.mark.parametrize("pieces", [fail, never_end])
@pytest.mark.parametrize("size", [None, 1 << 40])
async def test_what_is_broken_off_never_looks_like_all_of_it(pieces: Callable[[], Pieces], size: int | None) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await send(request, Sending("x.zip", ZIP, pieces(), size), within=0.5)

    application, listener = web.Application(), listen("127.0.0.1", 0)
    application.add_routes([web.get("/", answer)])
    async with served(application, listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = await reader.readuntil(BEGINNING)
        with suppress(ConnectionResetError):
            received += await reader.read()
        writer.close()
    assert received.count(b"HTTP/1.1") == 1
    assert not received.endswith(b"0\r\n\r\n")


def test_a_folder_with_any_names_becomes_a_zip_that_stays_below_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    names = {b"\xff.txt": "%FF.txt", b"..\\..\\evil.exe": "..%5C..%5Cevil.exe", "rēķins.pdf".encode(): "rēķins.pdf"}
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    sending = open_original(folder, "folder", is_shown=True)
    with zipfile.ZipFile(io.BytesIO(b"".join(sending.pieces))) as archive:
        assert {entry: archive.read(entry) for entry in archive.namelist()} == {
            shown: name for name, shown in names.items()
        }
