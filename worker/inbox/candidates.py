"""What lies in the inbox: every regular file below it that nobody ignores, and the route that collects it.

On a route that seals containers a folder named like one (`Līgums 17.edoc/`) is one document with all of its files.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from jobs.model.documents import Profile, SealFormat, is_container
from jobs.model.names import RouteName
from worker.inbox.ignoring import is_ignored, is_unfinished
from worker.inbox.settling import Look
from worker.storage.names import fitted

LONGEST_NAME = 1024
"""Bytes of a document's name; beyond that only the file's own name is kept."""


@dataclass(frozen=True, slots=True)
class Find:
    """A file or folder as one look saw it; `route` is None when none collects it. `name` is the document's to be."""

    path: Path
    look: Look
    route: RouteName | None
    name: str


Entry = os.DirEntry[str]
OnError = Callable[[Path, OSError], None]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The watched folder, the routes it serves with their profiles, and how long a file must stand still.

    `apart` are our other folders. Raises ValueError when one of them lies inside the inbox, where what we write
    would come in again; paths are compared as they are written.
    """

    folder: Path
    profiles: Mapping[RouteName, Profile]
    settle: timedelta
    apart: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Check that nothing of ours lies inside."""
        for other in self.apart:
            if other.absolute().is_relative_to(self.folder.absolute()):
                raise ValueError(f"{other} lies inside the inbox {self.folder}; move it elsewhere")

    @property
    def routes(self) -> tuple[RouteName, ...]:
        """The routes by name."""
        return tuple(self.profiles)

    def files(self, on_error: OnError) -> Iterator[Find]:
        """Give every file and every folder that is a document, in the order of names; what vanishes is left out.

        `on_error` hears of folders that cannot be read.
        """
        for entry, parts in self._files(self.folder, (), on_error):
            look = _look(entry)
            if look is not None:
                route, name = self._home(parts)
                yield Find(Path(entry.path), look, route, name)

    def name_of(self, path: Path) -> str:
        """The name that a document from this path gets."""
        if not path.is_relative_to(self.folder):
            return document_name([path.name])
        return self._home(path.relative_to(self.folder).parts)[1]

    def _home(self, parts: tuple[str, ...]) -> tuple[RouteName | None, str]:
        """`<route>/…` belongs to that route; all else to the only route, or to none when there are several."""
        for route in self.routes:
            if len(parts) > 1 and parts[0] == route:
                return route, document_name(parts[1:])
        return (self.routes[0] if len(self.routes) == 1 else None), document_name(parts)

    def _files(
        self, folder: Path, above: tuple[str, ...], on_error: OnError
    ) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        for entry in _entries(folder, on_error):
            parts = (*above, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and not self._is_document(parts):
                yield from self._files(Path(entry.path), parts, on_error)
            elif is_folder or entry.is_file(follow_symlinks=False):
                yield entry, parts

    def _is_document(self, folder: tuple[str, ...]) -> bool:
        route, _ = self._home(folder)
        seals_containers = route is not None and self.profiles[route].format is SealFormat.EDOC
        return seals_containers and is_container(folder[-1])


def document_name(parts: Sequence[str]) -> str:
    """The document's name: the path's parts as they are, neither composed nor decomposed.

    Bytes that are no UTF-8 become U+FFFD, since a name has to be written down.
    """
    *folders, own = (os.fsencode(part).decode(errors="replace") for part in parts)
    name = "/".join([*map(fitted, folders), own])
    return name if len(name.encode()) <= LONGEST_NAME else own


def _entries(folder: Path, on_error: OnError) -> list[Entry]:
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not is_ignored(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        on_error(folder, error)
        return []


def container_name(path: Path) -> str:
    """The document's name of a file that somebody hands in; a folder is named as the container that it becomes."""
    own = document_name([path.name])
    return f"{own}.edoc" if path.is_dir() and not is_container(own) else own


def _look(entry: Entry) -> Look | None:
    try:
        if entry.is_dir(follow_symlinks=False):
            return Look.at(Path(entry.path)) if _is_complete(Path(entry.path)) else None
        return Look.of(entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None


def _is_complete(folder: Path) -> bool:
    """Whether there is something in the folder, and nobody is visibly still writing to it."""
    names = [path.name for path in folder.rglob("*")]
    return any(not is_ignored(name) for name in names) and not any(map(is_unfinished, names))
