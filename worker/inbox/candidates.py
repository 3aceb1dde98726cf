"""What lies in the inbox: files that may become documents, the route that collects each, and what cannot be taken.

On a route that seals containers a folder named like one (`Līgums 17.edoc/`) is one document with all of its files. A
sidecar is no document: it comes with the one that it speaks of.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from jobs.model.documents import Profile, SealFormat, is_container
from jobs.model.metadata import MetadataUse
from jobs.model.names import DocumentId, RouteName
from jobs.model.way_in import WayIn
from worker.clock import utc_now
from worker.inbox.ignoring import is_clutter, is_ignored, is_unfinished
from worker.inbox.sidecars import FoundSidecar, SidecarRule, sidecar_names, unfinished_sidecars
from worker.storage.fingerprint import Fingerprint, fingerprint
from worker.storage.names import escape_controls, fit_name
from worker.storage.tree import Location, Parts, TreeEntry, walk
from worker.storage.untaken import Obstacle, Untaken

_HIDDEN = re.compile(r"\.(?P<document>\d{8}T\d{6}-[0-9a-f]{12})\.claim")
"""The name of a claimed file while it lies in the inbox."""

LARGE, MANY = 16 << 20, 200
"""Bytes, and files of a folder, that are taken in without anybody waiting long."""
LONGEST_NAME = 1024
"""Bytes of a document's name; beyond that only the file's own name is kept."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file or folder as one look saw it; `route` is None when none collects it. `name` is the document's to be."""

    location: Location
    fingerprint: Fingerprint
    route: RouteName | None
    name: str
    is_folder: bool = False
    files: int = 1
    """How many it is made of, folders counted too."""
    sidecar: FoundSidecar | None = None
    """Its sidecar, which is taken with it."""
    is_wanted: bool = False
    """Whether a person sends it again from quarantine."""
    way_in: WayIn = WayIn.FOLDER

    @property
    def whole_fingerprint(self) -> Fingerprint:
        """What must stay as it is before it is taken: its sidecar, too."""
        return self.fingerprint if self.sidecar is None else self.fingerprint.together_with(self.sidecar.fingerprint)

    @property
    def is_large(self) -> bool:
        """Whether it takes so long that it is taken beside the others, so that none waits for it."""
        return self.fingerprint.size > LARGE or self.files > MANY


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A file or folder that has the hidden name of a claim, of ours or of whoever gave it such a name."""

    location: Location
    document: DocumentId
    since: datetime


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
    sidecars: Mapping[RouteName, SidecarRule] = field(default_factory=dict)
    """What routes ask of sidecars; those that are not named take what comes."""

    def __post_init__(self) -> None:
        """Check that nothing of ours lies inside."""
        for other in self.apart:
            if other.absolute().is_relative_to(self.folder.absolute()):
                raise ValueError(f"{other} lies inside the inbox {self.folder}; move it elsewhere")

    @property
    def routes(self) -> tuple[RouteName, ...]:
        """The routes by name."""
        return tuple(self.profiles)

    def look_around(self) -> Iterator[Candidate | ClaimedFile | Untaken]:
        """Give every file and every folder that is a document, and all that cannot be taken; clutter is left out."""
        entries = walk(self.folder, enters=lambda parts: not is_ignored(parts[-1]) and not self._is_document(parts))
        # A walk gives what lies in one folder before it goes on to the next.
        for _, together in groupby(entries, key=lambda entry: entry.parts[:-1]):
            yield from self._look_at({entry.parts[-1] if entry.parts else "": entry for entry in together})

    def waits_for_sidecar(self, candidate: Candidate, waited: float) -> bool:
        """Say whether it may not be taken yet, `waited` seconds after the first look: a sidecar must come."""
        return self._rule(candidate.route).holds_back(waited, has_sidecar=candidate.sidecar is not None)

    def _look_at(self, folder: Mapping[str, TreeEntry]) -> Iterator[Candidate | ClaimedFile | Untaken]:
        """What lies in one folder, by name: a sidecar goes with the document that it speaks of."""
        sidecars, coming = self._find_sidecars(folder)
        documents = {sidecar: document for document, sidecar in sidecars.items()}
        for name, entry in folder.items():
            if claimed := _HIDDEN.fullmatch(name):
                location = Location(self.folder, entry.parts)
                yield ClaimedFile(location, DocumentId(claimed["document"]), _change_time(entry))
            elif is_clutter(name):
                continue
            elif obstacle := _obstacle(entry):
                yield self._untaken(entry, obstacle)
            elif name in documents and stat.S_ISREG(entry.kind):
                if documents[name] not in folder:
                    yield self._untaken(entry, Obstacle.LONE_METADATA)
            elif (name in sidecars and _obstacle(folder[sidecars[name]])) or f"{name}.json".lower() in coming:
                yield self._untaken(entry, Obstacle.AWAITS_METADATA)
            else:
                yield from self._look_at_one(entry, folder.get(sidecars.get(name, "")))

    def _look_at_one(self, entry: TreeEntry, sidecar: TreeEntry | None) -> Iterator[Candidate | Untaken]:
        found = None
        if sidecar is not None and sidecar.status is not None and stat.S_ISREG(sidecar.kind):
            found = FoundSidecar(Location(self.folder, sidecar.parts), Fingerprint.of(sidecar.status))
        if stat.S_ISDIR(entry.kind):
            if self._is_document(entry.parts):
                yield from self._look_into(entry, found)
        elif entry.status is not None:
            location = Location(self.folder, entry.parts)
            yield Candidate(location, Fingerprint.of(entry.status), *self._home(entry.parts), sidecar=found)

    def _find_sidecars(self, folder: Mapping[str, TreeEntry]) -> tuple[Mapping[str, str], AbstractSet[str]]:
        """Sidecars by the names of their documents, and those that are still written, in lower case."""
        # All that lies in one folder is of one route.
        route, _ = self._home(next(iter(folder.values())).parts or ("",))
        if self._rule(route).use is MetadataUse.IGNORE:
            return {}, frozenset()
        return sidecar_names(folder, self.profiles[route].format if route else None), unfinished_sidecars(folder)

    def _look_into(self, folder: TreeEntry, sidecar: FoundSidecar | None) -> Iterator[Candidate | Untaken]:
        """A folder that is one document is taken when it holds something and nobody is visibly still writing to it."""
        within = [*walk(self.folder, folder.parts)]
        for entry in within:
            # A link in it is refused later, with all that was meant to go with it.
            if (obstacle := _obstacle(entry)) and obstacle is not Obstacle.LINK:
                yield self._untaken(entry, obstacle)
                return
        if not all(is_ignored(entry.parts[-1]) for entry in within):
            statuses = [entry.status for entry in (folder, *within) if entry.status is not None]
            location, seen = Location(self.folder, folder.parts), Fingerprint.of(*statuses)
            home = self._home(folder.parts)
            yield Candidate(location, seen, *home, is_folder=True, files=len(statuses), sidecar=sidecar)

    def _untaken(self, entry: TreeEntry, obstacle: Obstacle) -> Untaken:
        route, _ = self._home(entry.parts or ("",))
        path = escape_controls(str(self.folder.joinpath(*entry.parts)))
        detail = entry.error.strerror or "" if entry.error else ""
        return Untaken(path=path, route=route, obstacle=obstacle, since=_change_time(entry), detail=detail)

    def _home(self, parts: Parts) -> tuple[RouteName | None, str]:
        """`<route>/…` belongs to that route; all else to the only route, or to none when there are several."""
        for route in self.routes:
            if len(parts) > 1 and parts[0] == route:
                return route, document_name(parts[1:])
        return (self.routes[0] if len(self.routes) == 1 else None), document_name(parts)

    def _rule(self, route: RouteName | None) -> SidecarRule:
        return SidecarRule() if route is None else self.sidecars.get(route, SidecarRule())

    def _is_document(self, folder: Parts) -> bool:
        route, _ = self._home(folder)
        seals_containers = route is not None and self.profiles[route].format is SealFormat.EDOC
        return seals_containers and is_container(folder[-1])


def candidate_at(
    path: Path, route: RouteName | None, name: str, way_in: WayIn, sidecar: Path | None = None
) -> Candidate:
    """A file or folder that lies elsewhere, as it is now, with its sidecar. Raises OSError."""
    location, beside = Location.of(path), None if sidecar is None else Location.of(sidecar)
    found = None if beside is None else FoundSidecar(beside, fingerprint(beside))
    is_folder = path.is_dir()
    seen = fingerprint(location)
    return Candidate(
        location,
        seen,
        route,
        name,
        is_folder=is_folder,
        sidecar=found,
        is_wanted=way_in is WayIn.RETRY,
        way_in=way_in,
    )


def document_name(parts: Sequence[str]) -> str:
    """The document's name: the path's parts as they are, neither composed nor decomposed.

    Bytes that are no UTF-8 become U+FFFD, since a name has to be written down.
    """
    *folders, own = (os.fsencode(part).decode(errors="replace") for part in parts)
    name = "/".join([*map(fit_name, folders), own])
    return name if len(name.encode()) <= LONGEST_NAME else own


def container_name(path: Path) -> str:
    """The document's name of a file that somebody hands in; a folder is named as the container that it becomes."""
    own = document_name([path.name])
    return f"{own}.edoc" if path.is_dir() and not is_container(own) else own


def moment_of(nanoseconds: int) -> datetime:
    """The moment that a file system tells; now, where it tells one that no calendar has."""
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        return utc_now()


def _change_time(entry: TreeEntry) -> datetime:
    return moment_of(entry.status.st_ctime_ns) if entry.status else utc_now()


def _obstacle(entry: TreeEntry) -> Obstacle | None:
    if entry.error is not None:
        return Obstacle.UNREADABLE if entry.status is None else Obstacle.TOO_DEEP
    if is_unfinished(entry.parts[-1]):
        return Obstacle.UNFINISHED
    if stat.S_ISLNK(entry.kind):
        return Obstacle.LINK
    return None if stat.S_ISREG(entry.kind) or stat.S_ISDIR(entry.kind) else Obstacle.SPECIAL
