"""What a document is known by: the hash of a file, or of all data files of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from typing import Self

from jobs.model.digest import Digest
from jobs.model.documents import DataFile
from worker.inbox.ignoring import is_ignored
from worker.storage.copying import CopiedFile

_TYPES = MimeTypes()
"""The media types that Python itself knows, the same on every machine."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """SHA-256 and size in bytes of the whole; of a folder its data files too, in the order of their names."""

    sha256: Digest
    size: int
    files: tuple[CopiedFile, ...] = ()

    @classmethod
    def of(cls, files: Sequence[CopiedFile], *, is_folder: bool) -> Self:
        """Put together what was hashed; a folder's own hash is that of what sha256sum(1) prints for its data files."""
        if not is_folder:
            return cls(files[0].sha256, files[0].size)
        # What lies deeper is no data file; a folder that holds such is refused.
        data = sorted(
            (file for file in files if "/" not in file.path and not is_ignored(file.path)), key=lambda file: file.path
        )
        listing = "".join(f"{file.sha256.hex}  {file.path}\n" for file in data)
        whole = Digest.sha256(listing.encode(errors="surrogateescape"))
        return cls(whole, sum(file.size for file in data), tuple(data))

    @property
    def data_files(self) -> tuple[DataFile, ...]:
        """The files of a folder that passed its inspection. Raises ValueError for what cannot be sealed."""
        return tuple(
            DataFile(name=file.path, size=file.size, sha256=file.sha256, media_type=media_type_of(file.path))
            for file in self.files
        )


def media_type_of(name: str) -> str:
    """The media type that the name's ending stands for (RFC 6838)."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"
