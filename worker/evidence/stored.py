"""Checkpoints as they are found: as they were written, or inside the containers that seal them."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from jobs.model.checkpoint import checkpoint_number
from jobs.model.errors import BrokenCheckpoint
from worker.storage.checkpoints import SEALED

_MAX_SIZE = 256 << 20
"""Bytes of a checkpoint: far more than a million batches take."""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """Where a checkpoint was found, its number, and whether a seal that is in order covers it."""

    path: Path
    number: int
    is_sealed: bool = False

    def read(self) -> bytes:
        """Its bytes. Blocks. Raises BrokenCheckpoint, and OSError."""
        return extract(self.path)[1] if self.path.name.endswith(SEALED) else self.path.read_bytes()


def extract(container: Path) -> tuple[int, bytes]:
    """Number and bytes of the checkpoint in a container, whatever its seal is worth.

    Blocks. Raises BrokenCheckpoint where there is none or more than one, and OSError.
    """
    try:
        with ZipFile(container) as archive:
            numbers = {entry: checkpoint_number(entry.filename) for entry in archive.infolist()}
            ((entry, number),) = ((entry, number) for entry, number in numbers.items() if number is not None)
            if entry.file_size > _MAX_SIZE:
                raise BrokenCheckpoint(f"{container.name} holds {entry.file_size} bytes, which no checkpoint has")
            return number, archive.read(entry)
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise BrokenCheckpoint(f"{container.name} does not hold one checkpoint") from error
