"""A sealed file on its way to the shelf: received whole, and, where only hashes were sent, completed with its files."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from jobs.model.digest import Digest
from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.eparaksts.answers import BoundedAnswer
from worker.eparaksts.bodies import PIECE, SMALL
from worker.eparaksts.failures import TooLong


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a file must begin with: its first `size` bytes have this hash. A sealed PDF continues its original."""

    size: int
    sha256: Digest


NOTHING = Beginning(0, Digest.sha256(b""))
"""Every file begins with it."""


async def receive(answer: BoundedAnswer, target: Path, begins: Beginning) -> None:
    """Write the answer to `target`, whole or not at all.

    Raises Rejected when it does not begin as it must, and then the file stays there as evidence; or when it is longer
    than a sealed copy of the original can be.
    """
    arrival = _Arrival(target, begins)
    pieces, held = [], 0
    try:
        async for piece in answer.pieces():
            pieces.append(piece)
            held += len(piece)
            if held >= PIECE:
                await asyncio.to_thread(arrival.write, pieces)
                pieces, held = [], 0
        is_ours = arrival.finish(pieces) if held <= SMALL else await asyncio.to_thread(arrival.finish, pieces)
    except TooLong as error:
        arrival.discard()
        raise Rejected(
            Reason.NOT_VERIFIED, Text("no seal is this large: what the vendor sends goes on, {why}", why=error)
        ) from error
    except BaseException:
        arrival.discard()
        raise
    if not is_ours:
        raise Rejected(Reason.NOT_VERIFIED, Text("what the vendor sent does not begin with the original's bytes"))


class _Arrival:
    """A file written aside and renamed at its end. It can be fetched again, so nothing is synced here."""

    def __init__(self, target: Path, begins: Beginning) -> None:
        self._target = target
        self._aside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
        self._expected = begins.sha256.hex
        self._left = begins.size
        self._hash = hashlib.sha256()

    def write(self, pieces: Sequence[bytes]) -> None:
        content = b"".join(pieces)
        if self._left:
            self._hash.update(memoryview(content)[: self._left])
            self._left -= min(self._left, len(content))
        with self._aside.open("ab") as file:
            file.write(content)

    def finish(self, pieces: Sequence[bytes]) -> bool:
        """Write the rest, put the file in its place, and say whether it begins with the original."""
        self.write(pieces)
        self._aside.replace(self._target)
        return self._left == 0 and self._hash.hexdigest() == self._expected

    def discard(self) -> None:
        self._aside.unlink(missing_ok=True)


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


def _add_entry(archive: ZipFile, file: DataFile, path: Path, *, like: ZipInfo) -> None:
    """Add an entry that looks as if the vendor's own program had written it, as verification wants of all entries."""
    entry = ZipInfo.from_file(path, file.name, strict_timestamps=False)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system, entry.create_version = like.create_system, like.create_version
    entry.extract_version = like.extract_version
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
    # Set last: opening an entry gives it permissions where it has none.
    entry.external_attr = like.external_attr
