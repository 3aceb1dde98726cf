"""What a session's list says: whether all that was sent is there, and which file is the sealed one (vendor §4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.model.documents import Content, Document, Profile, SealFormat, is_container


@dataclass(frozen=True, slots=True)
class SessionFile:
    """An entry in a session: a file with its size in bytes, or a hash whose file never came (vendor §4.6)."""

    id: str
    size: int
    name: str = ""
    is_hash: bool = False


def holds_all(files: Sequence[SessionFile], document: Document, profile: Profile) -> bool:
    """Say whether the session holds exactly the document's files, whole, or exactly their hashes."""
    if profile.content is Content.HASH_ONLY:
        hashes = sorted(file.name for file in files if file.is_hash)
        return hashes == sorted(file.name for file in document.files)
    return sorted(file.size for file in files) == sorted(file.size for file in document.files)


def find_sealed_file(files: Sequence[SessionFile], document: Document, profile: Profile) -> SessionFile | None:
    """The sealed file; None while there is only what was sent.

    A sealed PDF is longer than its original. A container may be shorter than what it holds, so it is known by its
    name; only where containers were sent themselves must its size be another.
    """
    if profile.format is SealFormat.PDF:
        candidates = [file for file in files if file.size > document.size]
    else:
        sent = {file.size for file in document.files if is_container(file.name)}
        candidates = [file for file in files if is_container(file.name) and not file.is_hash and file.size not in sent]
    return max(candidates, key=lambda file: file.size, default=None)
