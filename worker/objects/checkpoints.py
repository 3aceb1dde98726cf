"""Checkpoints in a bucket, each created once there, with a copy of all in the folder where the ledger's copy stands.

checkpoints/zimogs-checkpoint-000001.json, ….json.edoc, ….submitted      as on disk
leases/checkpoints                                                      held by the machine that makes one
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.checkpoint import Checkpoint, Extent, checkpoint_number, decode_checkpoint, encode_checkpoint
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from worker.objects.bucket import Bucket
from worker.objects.leases import ObjectLeases
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, write_over
from worker.storage.ledger_key import open_secret

_FOLDER = "checkpoints"
_LEASE = "leases/checkpoints"


@asynccontextmanager
async def keeping_checkpoints(leases: ObjectLeases) -> AsyncIterator[bool]:
    """Be the machine that keeps the checkpoints for the time of the block; False while another one is."""
    async with leases.hold_key(_LEASE) as lease:
        yield lease is not None


class ObjectCheckpoints(Checkpoints):
    """The checkpoints of one bucket; `folder` holds copies, which are read. Every method blocks."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        super().__init__(folder)
        self._bucket = bucket

    def begin(self, ledger: Path) -> None:
        """Have the one checkpoint 0 that all machines share, whoever makes it. Raises LostKey, and OSError."""
        first = self.path(0)
        try:
            content = self._bucket.read(_key(first))
        except FileNotFoundError:
            open_secret(ledger)
            content = self._publish(first, first.read_bytes())
        make_folder(self.folder)
        if not first.exists() or first.read_bytes() != content:
            write_over(first, content)

    def refresh(self) -> None:
        """Have here what other machines have made. Raises OSError."""
        make_folder(self.folder)
        for each in self._bucket.list(_FOLDER):
            path = self.folder / each.key.rpartition("/")[2]
            # What stands here bears witness against whoever replaced it there.
            if not path.exists() or (path.stat().st_size != each.size and not _is_checkpoint(path)):
                write_over(path, self._bucket.read(each.key))

    def find_digest(self, number: int) -> Digest | None:
        """The hash of one, None where there is none. Raises OSError."""
        with suppress(FileNotFoundError):
            return super().find_digest(number) or Digest.sha256(self._bucket.read(_key(self.path(number))))
        return None

    def add(self, extent: Extent, heads: Iterable[ChainHead], at: datetime, secret: bytes) -> Checkpoint:
        """Write the one after those in `extent`. Raises FileExistsError when another machine was faster."""
        checkpoint = extent.follow(heads, at)
        path, content = self.path(checkpoint.number), encode_checkpoint(checkpoint, secret)
        self._bucket.create(_key(path), content)
        write_over(path, content)
        return checkpoint

    def keep_sealed(self, number: int, content: bytes) -> None:
        """Keep the sealed file of one; the first one stays. Raises OSError."""
        write_over(make_folder(self.folder) / self.sealed(number).name, self._publish(self.sealed(number), content))

    def note_submitted(self, number: int, document: str) -> None:
        """Note that a checkpoint was handed in to be sealed, as this document; the first note stays."""
        self._publish(self.submitted(number), document.encode())

    def is_submitted(self, number: int) -> bool:
        """Say whether a checkpoint was handed in to be sealed."""
        return self._bucket.has(_key(self.submitted(number)))

    def _publish(self, path: Path, content: bytes) -> bytes:
        """Create the object of that file; gives what stands there, which another machine may have written."""
        try:
            self._bucket.create(_key(path), content)
        except FileExistsError:
            return self._bucket.read(_key(path))
        return content


def _is_checkpoint(path: Path) -> bool:
    with suppress(BrokenCheckpoint):
        return checkpoint_number(path.name) == decode_checkpoint(path.read_bytes()).number
    return False


def _key(path: Path) -> str:
    return f"{_FOLDER}/{path.name}"
