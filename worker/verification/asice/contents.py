"""The content of a container's entries, in pieces: never whole in memory, and never more than an entry says."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from mmap import mmap

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import DataFile
from worker.verification.asice.signed_info import FileReference
from worker.verification.asice.zip_entries import ZipEntry
from worker.verification.refusal import require

_PIECE = 262_144


def read_pieces(content: mmap, entry: ZipEntry) -> Iterator[bytes]:
    """Yield the entry's content. Raises Rejected as soon as it is larger, and at its end when it is not as it says."""
    done = crc = 0
    for piece in _inflate(content, entry) if entry.deflated else read_slices(content, entry.begin, entry.end):
        done, crc = done + len(piece), zlib.crc32(piece, crc)
        require(done <= entry.size, f"{entry.name} is larger than it says")
        yield piece
    require((done, crc) == (entry.size, entry.crc), f"{entry.name} does not have the size or checksum that it says")


def read_whole(content: mmap, entry: ZipEntry, limit: int) -> bytes:
    """Give the content of a small entry, of `limit` bytes at most. Raises Rejected and zlib.error."""
    require(entry.size <= limit, f"{entry.name} is too large")
    return b"".join(read_pieces(content, entry))


def read_slices(content: mmap, begin: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of the file from `begin` up to `end`, as they stand."""
    for at in range(begin, end, _PIECE):
        yield content[at : min(at + _PIECE, end)]


def _inflate(content: mmap, entry: ZipEntry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in read_slices(content, entry.begin, entry.end):
        require(not inflater.eof, f"something follows the content of {entry.name}")
        yield inflater.decompress(piece, _PIECE)
        while inflater.unconsumed_tail:
            yield inflater.decompress(inflater.unconsumed_tail, _PIECE)
    yield inflater.flush()
    require(
        inflater.eof and not inflater.unused_data, f"something follows the content of {entry.name}, or it is cut off"
    )


def require_files(
    content: mmap, entries: Mapping[str, ZipEntry], files: tuple[DataFile, ...], references: tuple[FileReference, ...]
) -> None:
    """The seal covers exactly the approved files, and the container holds exactly these. Raises Rejected."""
    covered = {one.name: one.digest for one in references}
    approved = {file.name for file in files}
    require(covered.keys() <= approved, f"the seal covers {', '.join(sorted(covered.keys() - approved))} too")
    require(covered.keys() == approved, f"the seal leaves out {', '.join(sorted(approved - covered.keys()))}")
    for file in files:
        digest = covered[file.name]
        hashes = {name: hashlib.new(name) for name in (HashAlgorithm.SHA256, digest.hash_name)}
        for piece in read_pieces(content, entries[file.name]):
            for one in hashes.values():
                one.update(piece)
        is_approved = hashes[HashAlgorithm.SHA256].digest() == file.sha256.value
        require(is_approved, f"{file.name} is not what was approved")
        is_covered = hashes[digest.hash_name].digest() == digest.value
        require(is_covered, f"the seal covers something else under the name {file.name}")


def hash_whole(content: mmap) -> Digest:
    """SHA-256 of the whole container."""
    whole = hashlib.sha256()
    for piece in read_slices(content, 0, len(content)):
        whole.update(piece)
    return Digest.of(whole.digest())
