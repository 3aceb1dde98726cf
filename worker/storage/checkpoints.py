"""Checkpoints on disk, each written once: `checkpoints/zimogs-checkpoint-000001.json`; sealed, `….json.edoc`."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from jobs.model.chain import ChainHead
from jobs.model.checkpoint import (
    Checkpoint,
    Extent,
    checkpoint_name,
    checkpoint_number,
    decode_checkpoint,
    encode_checkpoint,
)
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from jobs.model.mac import has_mac
from worker.storage.durable import make_folder, read_file, write_once

SEALED = ".edoc"
"""How the name of a sealed checkpoint ends, behind that of the checkpoint."""
_SUBMITTED = ".submitted"


class Checkpoints:
    """The checkpoints below one folder. Every method blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, number: int) -> Path:
        """Where the checkpoint of that number stands."""
        return self.folder / checkpoint_name(number)

    def sealed(self, number: int) -> Path:
        """Where its sealed file stands, once there is one."""
        return self.folder / (checkpoint_name(number) + SEALED)

    def submitted(self, number: int) -> Path:
        """Where it is noted that it was handed in to be sealed."""
        return self.path(number).with_suffix(_SUBMITTED)

    def numbers(self) -> Sequence[int]:
        """The numbers of all checkpoints, oldest first."""
        names = (path.name for path in self.folder.glob("*.json"))
        return sorted(number for name in names if (number := checkpoint_number(name)) is not None)

    def read(self, number: int, secret: bytes) -> bytes:
        """The bytes of one. Raises BrokenCheckpoint for one that is missing or not the ledger's own, and OSError."""
        try:
            content = read_file(self.path(number))
        except FileNotFoundError:
            raise BrokenCheckpoint(f"{self.path(number)} is missing: restore it from the backup") from None
        if not has_mac(content, secret):
            raise BrokenCheckpoint(f"{self.path(number).name} does not carry the MAC of the ledger's key")
        return content

    def find_digest(self, number: int) -> Digest | None:
        """The hash of one, None where there is none. Raises OSError."""
        with suppress(FileNotFoundError):
            return Digest.sha256(self.path(number).read_bytes())
        return None

    def latest(self, secret: bytes) -> Checkpoint:
        """The newest. Raises BrokenCheckpoint, and OSError."""
        return decode_checkpoint(self.read(max(self.numbers(), default=0), secret))

    def extent(self, secret: bytes) -> Extent:
        """All of them together. Raises BrokenCheckpoint when one is missing or not the ledger's own, and OSError."""
        extent = Extent()
        for number in range(max(self.numbers(), default=-1) + 1):
            extent.add(self.read(number, secret))
        extent.require_root()
        return extent

    def add(self, extent: Extent, heads: Iterable[ChainHead], at: datetime, secret: bytes) -> Checkpoint:
        """Write the one after those in `extent`. Raises FileExistsError when another process was faster."""
        checkpoint = extent.follow(heads, at)
        write_once(make_folder(self.folder) / checkpoint_name(checkpoint.number), encode_checkpoint(checkpoint, secret))
        return checkpoint

    def refresh(self) -> None:
        """Have here what other machines have made. Raises OSError."""

    def keep_sealed(self, number: int, content: bytes) -> None:
        """Keep the sealed file of one; the first one stays. Raises OSError."""
        with suppress(FileExistsError):
            write_once(self.sealed(number), content)

    def note_submitted(self, number: int, document: str) -> None:
        """Note that a checkpoint was handed in to be sealed, as this document; the first note stays."""
        with suppress(FileExistsError):
            write_once(self.submitted(number), document.encode())

    def is_submitted(self, number: int) -> bool:
        """Say whether a checkpoint was handed in to be sealed."""
        return self.submitted(number).exists()
