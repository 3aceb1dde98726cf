"""The structure of a sealed PDF, without its cryptography: what was appended, and that it is nothing but sealing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from jobs.model.documents import Profile
from worker.verification.inspected import ReadingPath
from worker.verification.pades.changes import require_sealing_only
from worker.verification.pades.original import Original
from worker.verification.pades.signatures import Signatures, find_signatures
from worker.verification.pades.store import Store
from worker.verification.pades.tail_reading import read_tail
from worker.verification.refusal import require


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """A sealed file, open, of which the first `size` bytes are the original's as far as its length goes."""

    descriptor: int
    size: int
    content: mmap = field(repr=False)
    head: mmap = field(repr=False)


@dataclass(frozen=True, slots=True)
class Structure:
    """What sealing added: its signatures, and the store after each revision."""

    signatures: Signatures
    stores: tuple[Store, ...] = field(repr=False)
    path: ReadingPath


@contextmanager
def opened(path: Path, size: int) -> Iterator[SealedPdf]:
    """A sealed file for the time of the block; mapped, so that memory stays flat. Raises Rejected and OSError."""
    with path.open("rb") as file:
        descriptor = file.fileno()
        require(path.stat().st_size > size, "the sealed file is not longer than the original")
        with mmap(descriptor, 0, access=ACCESS_READ) as content, mmap(descriptor, size, access=ACCESS_READ) as head:
            yield SealedPdf(descriptor, size, content, head)


def read_structure(sealed: SealedPdf, profile: Profile) -> Structure:
    """Judge what was appended. Raises Rejected: as altered, or because nobody can tell."""
    tail = read_tail(sealed.content, Original(sealed.head), sealed.size)
    signatures = find_signatures(tail)
    return Structure(signatures, tuple(require_sealing_only(tail, signatures, profile)), ReadingPath.FAST)
