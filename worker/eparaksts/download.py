"""A sealed file on its way to the shelf: received whole, and, where only hashes were sent, completed with its files."""

import asyncio
import os
import secrets
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.eparaksts.answers import BoundedAnswer
from worker.eparaksts.bodies import PIECE, SMALL
from worker.eparaksts.failures import TooLong

_SAMPLE, _SAMPLES = 16 * 1024, 8
"""Bytes of a file that are tried, and in how many places."""
_WORTH_DEFLATING = 0.85
"""A file that keeps more of its size is not deflated, which costs a second for 25 MB."""


async def receive(answer: BoundedAnswer, target: Path) -> None:
    """Write the answer to `target`, whole or not at all. What it is, verification says: it reads each byte once.

    Raises Rejected when it is longer than a sealed copy of the original can be.
    """
    arrival = _Arrival(target)
    pieces, held = [], 0
    try:
        async for piece in answer.pieces():
            pieces.append(piece)
            held += len(piece)
            if held >= PIECE:
                await asyncio.to_thread(arrival.write, pieces)
                pieces, held = [], 0
        if held <= SMALL:
            arrival.finish(pieces)
        else:
            await asyncio.to_thread(arrival.finish, pieces)
    except TooLong as error:
        arrival.discard()
        raise Rejected(
            Reason.NOT_VERIFIED, Text("no seal is this large: what the vendor sends goes on, {why}", why=error)
        ) from error
    except BaseException:
        arrival.discard()
        raise


class _Arrival:
    """A file written aside and renamed at its end. It can be fetched again, so nothing is synced here."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._aside = f"{target.parent}/.{target.name[:100]}.{secrets.token_hex(8)}.tmp"

    def write(self, pieces: Sequence[bytes]) -> None:
        descriptor = os.open(self._aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            left = memoryview(b"".join(pieces))
            while left:
                left = left[file.write(left) :]

    def finish(self, pieces: Sequence[bytes]) -> None:
        """Write the rest, and put the file in its place."""
        self.write(pieces)
        os.replace(self._aside, self._target)  # noqa: PTH105 - it is no Path, which costs what the call does

    def discard(self) -> None:
        Path(self._aside).unlink(missing_ok=True)


def complete(container: Path, files: Iterable[tuple[DataFile, Path]]) -> None:
    """Add the files to a container that was sealed by their hashes alone (vendor §4.6), behind its own entries.

    Verification judges the whole. Raises Rejected when it is no container, or already holds something under a name
    of ours.
    """
    try:
        # Opened for adding, zipfile would take anything for the beginning of a new archive.
        with ZipFile(container) as archive:
            present = dict(archive.NameToInfo)
    except BadZipFile as cause:
        raise Rejected(Reason.NOT_VERIFIED, Text("what the vendor sent is no container: {why}", why=cause)) from cause
    if not present:
        raise Rejected(Reason.NOT_VERIFIED, Text("the vendor's container is empty"))
    with ZipFile(container, "a") as archive:
        for file, path in files:
            if file.name in present:
                raise Rejected(
                    Reason.NOT_VERIFIED,
                    Text("the vendor's container already holds something named {name}", name=file.name),
                )
            _add_entry(archive, file, path, like=[*present.values()][-1])


def _choose_method(path: Path, size: int) -> int:
    """Stored, where samples from all over the file hardly get smaller: it is a picture, or packed already."""
    if size < _SAMPLES * _SAMPLE:
        return ZIP_DEFLATED
    with path.open("rb") as file:
        samples = [os.pread(file.fileno(), _SAMPLE, at * (size - _SAMPLE) // (_SAMPLES - 1)) for at in range(_SAMPLES)]
    packed = sum(len(zlib.compress(one, 1)) for one in samples)
    return ZIP_STORED if packed > _WORTH_DEFLATING * sum(map(len, samples)) else ZIP_DEFLATED


def _add_entry(archive: ZipFile, file: DataFile, path: Path, *, like: ZipInfo) -> None:
    """Add an entry that looks as if the vendor's own program had written it, as verification wants of all entries."""
    entry = ZipInfo.from_file(path, file.name, strict_timestamps=False)
    entry.compress_type = _choose_method(path, file.size)
    entry.create_system, entry.create_version = like.create_system, like.create_version
    entry.extract_version = like.extract_version
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
    # Set last: opening an entry gives it permissions where it has none.
    entry.external_attr = like.external_attr
