"""Data files inside the container, hashed piece by piece: files may be large."""

import hashlib
from collections.abc import Mapping
from mmap import mmap

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import DataFile
from worker.verification.asice.signed_info import FileReference
from worker.verification.asice.zip_contents import read_pieces, read_slices
from worker.verification.asice.zip_entries import Entry
from worker.verification.refusal import require


def require_files(
    content: mmap, entries: Mapping[str, Entry], files: tuple[DataFile, ...], references: tuple[FileReference, ...]
) -> None:
    """The seal covers exactly the approved files, and the container holds exactly these. Raises Rejected."""
    covered = {one.name: one.digest for one in references}
    approved = {file.name for file in files}
    require(covered.keys() <= approved, f"the seal covers {', '.join(sorted(covered.keys() - approved))} too")
    require(covered.keys() == approved, f"the seal leaves out {', '.join(sorted(approved - covered.keys()))}")
    for file in files:
        digest = covered[file.name]
        hashes = _hashes(content, entries[file.name], {HashAlgorithm.SHA256, digest.hash_name})
        require(hashes[HashAlgorithm.SHA256] == file.sha256.value, f"{file.name} is not what was approved")
        require(hashes[digest.hash_name] == digest.value, f"the seal covers something else under the name {file.name}")


def hash_whole(content: mmap) -> Digest:
    """SHA-256 of the whole container."""
    whole = hashlib.sha256()
    for piece in read_slices(content, 0, len(content)):
        whole.update(piece)
    return Digest.of(whole.digest())


def _hashes(content: mmap, entry: Entry, names: set[HashAlgorithm]) -> dict[HashAlgorithm, bytes]:
    digests = {name: hashlib.new(name) for name in names}
    for piece in read_pieces(content, entry):
        for digest in digests.values():
            digest.update(piece)
    return {name: digest.digest() for name, digest in digests.items()}
