"""The documents that a signature covers: their names, their digests, and how XML refers to them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path, PurePosixPath
from unicodedata import category
from urllib.parse import quote, unquote

PIECE = 256 * 1024  # bytes read at a time
DIGEST_BYTES = 32
MIMETYPE_ENTRY = "mimetype"
META_INF = "META-INF/"
UNKNOWN_TYPE = "application/octet-stream"
# Python's own table, so that every machine gives the same answer.
_TYPES = MimeTypes(filenames=())


class UnfitDocument(ValueError):
    """A document cannot stand in a container: its name or its digest is not fit for one."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a signature knows it: by name, media type and SHA-256; its bytes may be elsewhere."""

    name: str
    digest: bytes
    media_type: str = UNKNOWN_TYPE

    def __post_init__(self) -> None:
        """Refuse what no container may hold; raises `UnfitDocument`."""
        check_name(self.name)
        if len(self.digest) != DIGEST_BYTES:
            raise UnfitDocument(f"a SHA-256 digest has {DIGEST_BYTES} bytes, that of {self.name} has not")

    @property
    def uri(self) -> str:
        """Return the name as a relative reference: UTF-8, percent-encoded (RFC 3986 §2.5)."""
        return quote(self.name)


def name_of(uri: str) -> str:
    """Return the document's name that a Reference's URI stands for."""
    return unquote(uri, errors="strict")


def media_type_of(name: str) -> str:
    """Return the media type that goes with a name's ending."""
    return _TYPES.guess_type(PurePosixPath(name).name)[0] or UNKNOWN_TYPE


def hash_document(name: str, path: Path) -> Document:
    """Return a file on disk as a document; it is read in pieces."""
    with path.open("rb") as file:
        digest = hash_of(iter(lambda: file.read(PIECE), b""))
    return Document(name, digest, media_type_of(name))


def hash_of(pieces: Iterator[bytes], hash_name: str = "sha256") -> bytes:
    """Return the hash of the pieces joined."""
    running = hashlib.new(hash_name)
    for piece in pieces:
        running.update(piece)
    return running.digest()


def check_name(name: str) -> None:
    """Raise `UnfitDocument` for a name that would escape, hide in or break a container (EN 319 162-1 §4.4.3.2)."""
    path = PurePosixPath(name)
    # Neither absolute nor upwards, nor spelled in a second way: unpacking must not leave the folder.
    plain = path.parts and str(path) == name and not path.is_absolute() and ".." not in path.parts
    # A backslash is a folder on Windows; control characters hide, and surrogates cannot be written as UTF-8.
    if not plain or any(character == "\\" or category(character) in {"Cc", "Cs"} for character in name):
        raise UnfitDocument(f"{name!r} is no name for a document in a container")
    if name == MIMETYPE_ENTRY or name.upper().startswith(META_INF):
        raise UnfitDocument(f"{name} is the container's own")


def check_distinct(names: Sequence[str]) -> None:
    """Raise `UnfitDocument` where no document is given, or two have one name."""
    if not names:
        raise UnfitDocument("a container holds at least one document")
    if twice := sorted(duplicates(names)):
        raise UnfitDocument(f"two documents are named {twice[0]}")


def duplicates(names: Iterable[str]) -> set[str]:
    """Return the names that stand more than once."""
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
