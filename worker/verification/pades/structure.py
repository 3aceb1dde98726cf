"""The structure of a sealed PDF, without its cryptography: what was appended, and that it is nothing but sealing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from worker.verification.pades.signatures import Signatures
from worker.verification.pades.store import Store
from worker.verification.refusal import require


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """A sealed file, open, of which the first `size` bytes are the original's as far as its length goes."""

    path: Path
    descriptor: int
    size: int
    content: mmap = field(repr=False)
    head: mmap = field(repr=False)


@dataclass(frozen=True, slots=True)
class Structure:
    """What sealing added: its signatures, and the store after each revision."""

    signatures: Signatures
    stores: tuple[Store, ...] = field(repr=False)


@contextmanager
def opened(path: Path, size: int) -> Iterator[SealedPdf]:
    """A sealed file for the time of the block; mapped, so that memory stays flat. Raises Rejected and OSError."""
    with path.open("rb") as file:
        descriptor = file.fileno()
        require(path.stat().st_size > size, "the sealed file is not longer than the original")
        with mmap(descriptor, 0, access=ACCESS_READ) as content, mmap(descriptor, size, access=ACCESS_READ) as head:
            yield SealedPdf(path, descriptor, size, content, head)
