"""Looking at the folders of one place: which documents have stood there as they are for long enough."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from jobs.model.documents import SealFormat
from jobs.model.metadata import MetadataUse
from jobs.model.names import RouteName
from worker.inbox.ignoring import is_ignored
from worker.inbox.sidecars import SidecarRule, document_of, sidecar_names, unfinished_sidecars
from worker.inbox.stability import Stability, look_again
from worker.places.place import ASIDE, LARGEST_LIST, PROCESSED, Denied, FoundFile, Place, join
from worker.storage.untaken import EXPLANATION, Obstacle

_LONE = 600.0
"""Seconds for which a sidecar may wait for its document before somebody is told."""


@dataclass(frozen=True, slots=True)
class RouteFolder:
    """Where a route's documents stand in the place, what it seals, and what it asks of sidecars."""

    route: RouteName
    folder: str
    sealed_as: SealFormat
    sidecars: SidecarRule


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document as one look saw it, and its sidecar."""

    folder: RouteFolder
    document: FoundFile
    sidecar: FoundFile | None

    @property
    def path(self) -> str:
        """Where the document stands in the place."""
        return join(self.folder.folder, self.document.name)


class Looking:
    """Remembers how long everything has stood as it is; `clock` gives monotonic seconds.

    A list of `most` files may have been cut short.
    """

    def __init__(
        self,
        place: Place,
        folders: Sequence[RouteFolder],
        settle: timedelta,
        clock: Callable[[], float],
        *,
        most: int = LARGEST_LIST,
    ) -> None:
        self._place = place
        self._folders = folders
        self._settle = settle
        self._clock = clock
        self._most = most
        self.begin()

    def begin(self) -> None:
        """Know nothing of what stands there."""
        self._stabilities: dict[str, Stability] = {}
        self._hindrances: dict[str, str] = {}
        self._cut: set[RouteFolder] = set()

    @property
    def hindrances(self) -> Mapping[str, str]:
        """Of the last look: folders that were not looked at, or not whole, and what is left lying there, with why."""
        return self._hindrances

    def is_there(self, path: str) -> bool:
        """Whether a document stood there at the last look, or nobody can tell."""
        return path in self._stabilities

    async def list_settled(self) -> Sequence[FoundDocument]:
        """What has settled in all folders; one that is refused to us keeps no other from it. Raises PlaceAway."""
        listed: list[tuple[RouteFolder, Sequence[FoundFile] | Denied | None]] = []
        for folder in self._folders:
            try:
                listed.append((folder, await self._place.list(folder.folder)))
            except FileNotFoundError:
                listed.append((folder, None))
            except Denied as why:
                listed.append((folder, why))
        denied = [each for _, each in listed if isinstance(each, Denied)]
        if len(denied) == len(listed):
            raise denied[0]
        # Of a hundred thousand it takes a second.
        return await asyncio.to_thread(self._remember, listed)

    async def complete(self, found: FoundDocument) -> FoundDocument:
        """The same with its sidecar, which a list that was cut short may not have told. Raises PlaceAway."""
        name = f"{found.document.name}.json"
        is_told = found.sidecar is not None or found.folder not in self._cut
        if is_told or _is_ignoring(found.folder) or document_of(name, found.folder.sealed_as) is None:
            return found
        sidecar = await self._place.look(join(found.folder.folder, name))
        return found if sidecar is None or sidecar.size < 0 else replace(found, sidecar=sidecar)

    def _remember(
        self, listed: Sequence[tuple[RouteFolder, Sequence[FoundFile] | Denied | None]]
    ) -> Sequence[FoundDocument]:
        """What has settled; of folders that could not be looked at everything stays as it was known."""
        before, self._stabilities, self._hindrances, self._cut = self._stabilities, {}, {}, set()
        settled: list[FoundDocument] = []
        if all(files is None for _, files in listed):
            # Of some routes nobody may ever bring anything; where no folder is there, the address may be wrong.
            self._hindrances["."] = "there is no such folder: make it, or correct url"
        for folder, files in listed:
            if isinstance(files, Denied):
                self._hindrances[folder.folder] = str(files)
                kept = {path: each for path, each in before.items() if path.rpartition("/")[0] == folder.folder}
                self._stabilities |= kept
            else:
                settled += self._choose(folder, files or (), before)
        return settled

    def _choose(
        self, folder: RouteFolder, listed: Collection[FoundFile], before: Mapping[str, Stability]
    ) -> Sequence[FoundDocument]:
        """What has settled in that folder."""
        self._note_hindrances(folder, listed)
        at = self._clock()
        files = {each.name: each for each in listed if each.obstacle is None}
        sidecars: Mapping[str, str] = {} if _is_ignoring(folder) else sidecar_names(files, folder.sealed_as)
        lone = {sidecar for document, sidecar in sidecars.items() if document not in files}
        others = frozenset(sidecars.values()) - lone
        coming = frozenset[str]() if _is_ignoring(folder) else unfinished_sidecars(files)
        settled: list[FoundDocument] = []
        for name, file in files.items():
            if is_ignored(name) or name in others or f"{name}.json".lower() in coming:
                continue
            found = FoundDocument(folder, file, files.get(sidecars.get(name, "")))
            stability = self._stabilities[found.path] = look_again(before.get(found.path), found, at)
            if name in lone:
                self._note_lone(found.path, at - stability.first)
                continue
            waits = folder.sidecars.holds_back(at - stability.first, has_sidecar=found.sidecar is not None)
            if stability.has_settled(at, self._settle) and not waits:
                settled.append(found)
        return settled

    def _note_lone(self, path: str, seconds: float) -> None:
        if seconds > _LONE:
            self._hindrances[path] = EXPLANATION[Obstacle.LONE_METADATA]

    def _note_hindrances(self, folder: RouteFolder, listed: Collection[FoundFile]) -> None:
        if len(listed) >= self._most:
            self._cut.add(folder)
            why = f"it holds {self._most} files or more, and the others are looked at only when these are gone"
            self._hindrances[folder.folder or "."] = why
        for each in listed:
            if each.name.startswith(ASIDE):
                why = "it was put aside, and another file has its name by now: give it a name of its own"
                self._hindrances[join(folder.folder, each.name)] = why
            elif each.obstacle is not None and each.name != PROCESSED and not is_ignored(each.name):
                self._hindrances[join(folder.folder, each.name)] = EXPLANATION[each.obstacle]


def _is_ignoring(folder: RouteFolder) -> bool:
    return folder.sidecars.use is MetadataUse.IGNORE
