"""What a session holds: files, containers with documents inside, and hashes of files that stayed at home."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

SHA256_BYTES = 32


SessionPath = Annotated[
    Path,
    PlainValidator(lambda name, record: Path(record.context or "", name)),
    PlainSerializer(lambda path: path.name, return_type=str),
]
"""A file of the session: a record holds its name alone, and is read with the folder it lies in as context."""


@dataclass(frozen=True, slots=True)
class IncludedDocument:
    """A document inside a container; `size` is in bytes, and its type `hash` where only its hash is known."""

    id: str
    name: str
    size: int
    type: str = "file"

    def as_json(self) -> dict[str, object]:
        """Return one entry of `includedDocuments`."""
        return {"id": self.id, "name": self.name, "size": self.size, "type": self.type}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a session; `size` is in bytes, and a container names the documents it includes."""

    id: str
    name: str
    size: int
    path: SessionPath
    included: tuple[IncludedDocument, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the file's description as upload and list answer it (vendor §4.3, §4.4)."""
        described = {"id": self.id, "name": self.name, "size": self.size, "type": "file"}
        if self.included:
            described["includedDocuments"] = [document.as_json() for document in self.included]
        return described

    def with_path(self, path: Path) -> "StoredFile":
        """Return the file as it is described once its bytes are those at another path."""
        return replace(self, path=path, size=path.stat().st_size)


@dataclass(frozen=True, slots=True)
class StoredHash:
    """The SHA-256 hash of a file that the client keeps to itself (vendor §4.6)."""

    id: str
    name: str
    sha256: bytes
    signature_index: int = 0  # of the signature file that the container will have

    def __post_init__(self) -> None:
        """Refuse a hash of another length."""
        if len(self.sha256) != SHA256_BYTES:
            raise ValueError(f"{len(self.sha256)} bytes are no SHA-256 hash")

    def as_json(self) -> dict[str, object]:
        """Return the description as `addDocumentDigest` and list answer it: nobody here knows the file's size."""
        return {"id": self.id, "name": self.name, "size": 0, "type": "hash"}


Stored = StoredFile | StoredHash
