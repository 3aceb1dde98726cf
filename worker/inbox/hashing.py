"""What came in, hashed: a file by itself, a folder file by file."""

from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path

from jobs.model.digest import Digest
from jobs.model.documents import DataFile
from worker.inbox.ignoring import is_ignored
from worker.storage.moving import sha256

_TYPES = MimeTypes()
"""The media types that Python itself knows, the same on every machine."""


@dataclass(frozen=True, slots=True)
class Weight:
    """SHA-256 and size in bytes of the whole; of a folder its data files too, by name."""

    sha256: Digest
    size: int
    files: tuple[tuple[str, int, Digest], ...] = ()

    @property
    def data_files(self) -> tuple[DataFile, ...]:
        """The files of a folder that passed its inspection. Raises ValueError for what cannot be sealed."""
        return tuple(
            DataFile(name=name, size=size, sha256=digest, media_type=media_type_of(name))
            for name, size, digest in self.files
        )


def weigh(original: Path) -> Weight:
    """Hash a file, or every data file of a folder; the folder's own hash is that of what sha256sum(1) prints."""
    if not original.is_dir():
        return Weight(sha256(original), original.stat().st_size)
    files = tuple((path.name, path.stat().st_size, sha256(path)) for path in data_files_in(original))
    listing = "".join(f"{digest.hex}  {name}\n" for name, _, digest in files)
    return Weight(Digest.sha256(listing.encode(errors="surrogateescape")), sum(size for _, size, _ in files), files)


def data_files_in(folder: Path) -> list[Path]:
    """The files that make up a document, in the order of their names; clutter is left out."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return sorted((path for path in files if not is_ignored(path.name)), key=lambda path: path.name)


def media_type_of(name: str) -> str:
    """The media type that the name's ending stands for (RFC 6838)."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"
