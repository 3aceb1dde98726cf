"""Hostile things for an inbox that are no PDFs: sizes, numbers, depths, names, and what is no file."""

import os
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.hostile.documents import PDFS, write_sparse

Put = Callable[[Path], object]
"""Puts the input into a folder of the inbox."""


@dataclass(frozen=True, slots=True)
class Input:
    """One hostile input: what it is, the route it comes by, and how it is put there. `stays` is for what is left."""

    name: str
    route: str
    put: Put
    stays: bool = False


def inputs(many: int) -> Iterator[Input]:
    """Every kind; `many` is how many tiny files come at once."""
    for name, make in PDFS.items():
        yield Input(name, "hostile", partial(_put_bytes, make))
    yield Input("2 GB of nothing, as PDF", "hostile", lambda folder: write_sparse(folder / "sparse.pdf", 2 << 30))
    yield Input(
        "2 GB of nothing, for a container", "papers", lambda folder: write_sparse(folder / "sparse.bin", 2 << 30)
    )
    yield Input("zip bomb, for a container", "papers", _put_bomb)
    yield Input("folder of 10,000 files as one container", "papers", _put_wide)
    yield Input("folder of 90 levels as one container", "papers", partial(_put_deep, 90, "deep.edoc"))
    yield Input("folders of 1,000 levels", "hostile", partial(_put_deep, 1000, "deep"), stays=True)
    yield Input(f"{many:,} tiny files at once", "hostile", partial(_put_many, many))
    yield Input("names that are no text, or long", "hostile", _put_names)
    yield Input("folder with such names, too large", "papers", _put_unwritable_name)
    yield Input("pipe, socket, device, loop of links", "hostile", _put_special, stays=True)
    yield Input("a file that grows for ever", "hostile", _put_growing, stays=True)
    yield Input("a time that no calendar has", "hostile", _put_timeless)


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Have somebody write to the file for the time of the block."""
    done = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file, suppress(OSError):
            while not done.wait(0.01):
                file.write(b"x" * 100_000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def _put_bytes(make: Callable[[], bytes], folder: Path) -> None:
    aside = folder.parent / ".hostile.part"
    aside.write_bytes(make())
    aside.rename(folder / "hostile.pdf")


def _put_bomb(folder: Path) -> None:
    aside = folder.parent / ".bomb.part"
    with (
        zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(1000):
            file.write(bytes(1 << 20))
    aside.rename(folder / "bomb.zip")


def _put_wide(folder: Path) -> None:
    aside = folder.parent / ".wide"
    aside.mkdir()
    for number in range(10_000):
        (aside / f"{number}.txt").write_bytes(b"x")
    aside.rename(folder / "wide.edoc")


def _put_deep(levels: int, name: str, folder: Path) -> None:
    (folder / name).mkdir()
    descriptor = os.open(folder / name, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("a", dir_fd=descriptor)
        below = os.open("a", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("a.pdf", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)


def _put_many(many: int, folder: Path) -> None:
    aside = folder.parent / ".many"
    aside.mkdir()
    for number in range(many):
        (aside / f"{number}.pdf").write_bytes(b"x")
    aside.rename(folder / "many")


def _put_names(folder: Path) -> None:
    for name in (
        b"\xff\xfe.pdf",
        b"a\nb.pdf",
        b"a\x1b[2J.pdf",
        "\u202egpj.pdf".encode(),
        b"x" * 251 + b".pdf",
        b"-rf.pdf",
    ):
        with suppress(OSError):
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"x")


def _put_unwritable_name(folder: Path) -> None:
    aside = folder.parent / ".names"
    aside.mkdir()
    with (aside / os.fsdecode(b"\xff")).open("wb") as file:
        file.truncate(1 << 30)
    aside.rename(folder / "names.edoc")


def _put_special(folder: Path) -> None:
    os.mkfifo(folder / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket.pdf"))
    with suppress(OSError):
        os.mknod(folder / "zero.pdf", 0o600 | 0o020000, os.makedev(1, 5))
    (folder / "one.pdf").symlink_to("two.pdf")
    (folder / "two.pdf").symlink_to("one.pdf")
    (folder / "root").symlink_to("/")


def _put_growing(folder: Path) -> None:
    path = folder / "growing.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    with growing(path):
        time.sleep(10)


def _put_timeless(folder: Path) -> None:
    path = folder / "timeless.pdf"
    path.write_bytes(b"x")
    with suppress(OSError):
        os.utime(path, ns=(0, (1 << 63) - 1))
