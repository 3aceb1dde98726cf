"""Sidecars as they stand in the outbox, visible or still hidden, and on the shelf as the note of a delivery."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.names import DocumentId
from jobs.model.records import Delivery
from worker.storage.durable import read_file, write_once_noted
from worker.storage.sidecar import Sidecar, read_sidecar

ENDING = ".json"
"""Behind the name of the sealed file."""


def sidecar_paths(target: Path) -> tuple[Path, Path]:
    """Where the sidecar of that sealed file stands, and where it stands hidden."""
    return target.with_name(target.name + ENDING), target.with_name(f".{target.name}{ENDING}.part")


def find_sidecar(document: DocumentId, target: Path) -> Path | None:
    """That document's sidecar at the file, visible or hidden; None where neither is its own."""
    return next((path for path in sidecar_paths(target) if is_sidecar_of(document, path)), None)


def find_own_sidecar(document: DocumentId, target: Path, note: Path) -> Path | None:
    """The same for a document of which there is a note: that is most often the very same file, and tells unread."""
    with suppress(OSError):
        noted = note.stat()
        for path in sidecar_paths(target):
            with suppress(FileNotFoundError):
                if os.path.samestat(noted, path.lstat()):
                    return path
    return find_sidecar(document, target)


def reserve_again(target: Path, note: Path) -> Path:
    """Write the sidecar that a consumer took too early. Raises OSError when another delivery has the name by now."""
    visible, hidden = sidecar_paths(target)
    if not os.path.lexists(hidden):
        with suppress(FileExistsError):
            write_once_noted(visible, note, read_file(note))
            return visible
    note.unlink()
    raise FileExistsError(errno.EEXIST, "is the name of another delivery by now", str(target))


def is_sidecar_of(document: DocumentId, path: Path) -> bool:
    """Say whether a sidecar of that document stands there."""
    sidecar = read_sidecar(path)
    return sidecar is not None and sidecar.document == document


def read_note(note: Path) -> Delivery | None:
    """What the note says; None when there is none.

    None too when a consumer has written into the sidecar, which is the same file: delivered twice, then, not never.
    """
    try:
        return Sidecar.model_validate_json(read_file(note)).delivery
    except (FileNotFoundError, ValidationError):
        return None
