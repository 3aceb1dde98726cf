"""Folders that other people write to, reached by descriptors: no link is followed, no depth is too deep to survive.

A path that is resolved twice may mean two things, when somebody puts a link in place of a folder in between. So
everything below the root is opened part by part (openat(2), O_NOFOLLOW).
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

DEEPEST = 100
"""Folders within folders that are looked into; whatever nests deeper was made by a fault or in bad faith."""

_ROUNDS = 10_000
"""Levels of a folder that are removed."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """A file or folder below a root that is ours; `parts` has at least one part. Every method raises OSError."""

    root: Path
    parts: Parts

    @classmethod
    def of(cls, path: Path, *roots: Path) -> "Location":
        """Locate a path below the first of the roots that it lies in; else only its last part is not trusted."""
        path = path.absolute()
        root = next((root for root in roots if root.absolute() in path.parents), path.parent)
        return cls(root, path.relative_to(root.absolute()).parts)

    @property
    def path(self) -> Path:
        """Where it is, for people."""
        return self.root.joinpath(*self.parts)

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1]

    def beside(self, name: str) -> "Location":
        """Another one in the same folder."""
        return Location(self.root, (*self.parts[:-1], name))

    @contextmanager
    def folder(self) -> Iterator[int]:
        """Hold a descriptor of the folder that it stands in."""
        with opened_folder(self.root, self.parts[:-1]) as descriptor:
            yield descriptor

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Hold a descriptor of the file, for reading. Raises ELOOP for a link."""
        with self.folder() as folder:
            descriptor = os.open(self.name, _FILE, dir_fd=folder)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def status(self) -> os.stat_result:
        """Its status (lstat(2))."""
        with self.folder() as folder:
            return os.lstat(self.name, dir_fd=folder)

    def exists(self) -> bool:
        """Whether something stands there."""
        try:
            self.status()
        except FileNotFoundError:
            return False
        return True

    def rename(self, name: str) -> None:
        """Give it another name in its folder, replacing what has that name."""
        with self.folder() as folder:
            os.rename(self.name, name, src_dir_fd=folder, dst_dir_fd=folder)


class Status(NamedTuple):
    """What we ask of a file's status (stat(2)), by its names there; all that the system tells takes twice as much."""

    st_mode: int
    st_size: int
    st_mtime_ns: int
    st_ctime_ns: int
    st_ino: int

    @classmethod
    def of(cls, told: os.stat_result) -> "Status":
        """Keep that of what the system told."""
        return cls(told.st_mode, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One thing that a walk came across: its parts below the root, and its status, or why there is none."""

    parts: Parts
    status: Status | None
    error: OSError | None = None

    @property
    def kind(self) -> int:
        """Its type, as `stat.S_IFMT` gives it; 0 when it is not known."""
        return stat.S_IFMT(self.status.st_mode) if self.status else 0


def walk(root: Path, below: Parts = (), *, enters: Callable[[Parts], bool] = lambda _: True) -> Iterator[TreeEntry]:
    """Give everything below a folder, each folder's content in the order of names, then what lies deeper.

    `enters` says which folders are looked into. What cannot be looked at is given with its error; whatever vanishes
    meanwhile is left out, and links are given as links.
    """
    pending = [below]
    while pending:
        folder = pending.pop()
        deeper: list[Parts] = []
        for entry in _read_folder(root, folder):
            yield entry
            if stat.S_ISDIR(entry.kind) and enters(entry.parts):
                if len(entry.parts) - len(below) >= DEEPEST:
                    yield TreeEntry(entry.parts, entry.status, OSError(errno.ELOOP, "folders are nested too deep"))
                else:
                    deeper.append(entry.parts)
        pending += reversed(deeper)


def status_of(entry: TreeEntry) -> Status:
    """Its status. Raises the OSError that stood in its place."""
    if entry.error is not None:
        raise entry.error
    if entry.status is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/".join(entry.parts))
    return entry.status


@contextmanager
def opened_folder(root: Path, parts: Sequence[str] = ()) -> Iterator[int]:
    """Hold a descriptor of a folder; only the root itself may be reached through links. Raises OSError."""
    descriptor = os.open(root, _FOLDER)
    try:
        for part in parts:
            below = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def remove(location: Location) -> None:
    """Remove a file, or a folder however deep, following no link; nothing there is fine. Raises OSError."""
    with suppress(FileNotFoundError), location.folder() as parent:
        if not stat.S_ISDIR(os.lstat(location.name, dir_fd=parent).st_mode):
            os.unlink(location.name, dir_fd=parent)
            return
        with opened_folder(location.root, location.parts) as top:
            # Bounded, since somebody may go on putting things there: then it is not empty in the end.
            for _ in range(_ROUNDS):
                if not (folders := _remove_files(top)):
                    break
                for name in folders:
                    _remove_folder(name, top)
        os.rmdir(location.name, dir_fd=parent)


def _remove_folder(name: str, top: int) -> None:
    """Remove one folder; those within it are only brought up, so that no depth needs a deeper stack."""
    descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=top)
    try:
        for below in _remove_files(descriptor):
            os.rename(below, secrets.token_hex(8), src_dir_fd=descriptor, dst_dir_fd=top)
    finally:
        os.close(descriptor)
    os.rmdir(name, dir_fd=top)


def _remove_files(folder: int) -> list[str]:
    """Remove everything but folders, whose names it gives."""
    with os.scandir(folder) as entries:
        kinds = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    for name, is_folder in kinds.items():
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in kinds.items() if is_folder]


def _read_folder(root: Path, parts: Parts) -> Iterator[TreeEntry]:
    """One entry after the other, since thousands may lie there; the folder is open meanwhile."""
    try:
        with opened_folder(root, parts) as folder:
            for name in sorted(os.listdir(folder)):  # noqa: PTH208  pathlib knows no descriptors
                if entry := _read_entry(folder, (*parts, name)):
                    yield entry
    except FileNotFoundError as error:
        if not parts:
            yield TreeEntry((), None, error)
    except OSError as error:
        yield TreeEntry(parts, None, error)


def _read_entry(folder: int, parts: Parts) -> TreeEntry | None:
    """What stands in the folder under the last of the parts."""
    try:
        return TreeEntry(parts, Status.of(os.lstat(parts[-1], dir_fd=folder)))
    except FileNotFoundError:
        return None
    except OSError as error:
        return TreeEntry(parts, None, error)
