"""Hashes over a sealed file, in one pass and in small pieces: files may be large."""

import hashlib
import os
from dataclasses import dataclass

from jobs.model.digest import Digest
from worker.verification.pades.signatures import Signature

_PIECE = 262_144


@dataclass(frozen=True, slots=True)
class Hashes:
    """SHA-256 of the original part and of the whole file, and the digest over what the signature covers."""

    original: bytes
    whole: Digest
    covered: bytes


def hash_file(descriptor: int, size: int, signature: Signature, hash_name: str) -> Hashes:
    """Hash an open file whose original part is its first `size` bytes; the signature's digest is `hash_name`."""
    gap, length = signature.gap, os.fstat(descriptor).st_size
    whole = hashlib.sha256()
    others = [] if hash_name == whole.name else [hashlib.new(hash_name)]
    _feed(descriptor, 0, size, [whole, *others])
    original = whole.digest()
    _feed(descriptor, size, gap.begin, [whole, *others])
    covered = others[0] if others else whole.copy()
    _feed(descriptor, gap.begin, gap.end, [whole])
    _feed(descriptor, gap.end, signature.end, [whole, covered])
    _feed(descriptor, signature.end, length, [whole])
    return Hashes(original, Digest.of(whole.digest()), covered.digest())


def hash_covered(descriptor: int, signature: Signature, hash_name: str) -> bytes:
    """The digest over what one signature covers."""
    digest = hashlib.new(hash_name)
    _feed(descriptor, 0, signature.gap.begin, [digest])
    _feed(descriptor, signature.gap.end, signature.end, [digest])
    return digest.digest()


def _feed(descriptor: int, begin: int, end: int, digests: "list[hashlib._Hash]") -> None:
    while begin < end:
        piece = os.pread(descriptor, min(_PIECE, end - begin), begin)
        if not piece:
            raise ValueError("the sealed file is shorter than it says")
        for digest in digests:
            digest.update(piece)
        begin += len(piece)
