"""What lies in the inbox: every regular file below it that nobody ignores, and the route that collects it."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.names import RouteName
from worker.inbox.ignoring import is_ignored
from worker.inbox.settling import Look

LONGEST_NAME = 1024
"""Bytes of a document's name; beyond that only the file's own name is kept."""


@dataclass(frozen=True, slots=True)
class Find:
    """A file as one look saw it; `route` is None when no route collects it. `name` is the document's name to be."""

    path: Path
    look: Look
    route: RouteName | None
    name: str


def scan(inbox: Path, routes: Collection[RouteName]) -> Iterator[Find]:
    """Give every file below the inbox, in the order of names. What vanishes during the walk is left out.

    `inbox/<route>/` belongs to the route. All else belongs to the only route, or to none when there are several.
    """
    only = next(iter(routes)) if len(routes) == 1 else None
    by_folder = {str(route): route for route in routes}
    for entry, parts in _files(inbox, ()):
        look = _look(entry)
        route = by_folder.get(parts[0]) if len(parts) > 1 else None
        name = document_name(parts[1:] if route else parts)
        if look is not None:
            yield Find(Path(entry.path), look, route or only, name)


def document_name(parts: Collection[str]) -> str:
    """The document's name: the path's parts as they are, neither composed nor decomposed.

    Bytes that are no UTF-8 become U+FFFD, since a name has to be written down.
    """
    readable = [os.fsencode(part).decode(errors="replace") for part in parts]
    name = "/".join(readable)
    return name if len(name.encode()) <= LONGEST_NAME else readable[-1]


def _files(folder: Path | str, above: tuple[str, ...]) -> Iterator[tuple[os.DirEntry[str], tuple[str, ...]]]:
    for entry in _entries(folder):
        parts = (*above, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, parts)
        elif entry.is_file(follow_symlinks=False):
            yield entry, parts


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not is_ignored(entry.name)), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _look(entry: os.DirEntry[str]) -> Look | None:
    try:
        return Look.of(entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None
