"""Taking from a folder elsewhere: what stands there becomes a document of ours, and only then is taken away there.

    1. look     names, sizes and times; what stayed as it is for long enough is taken
    2. fetch    into a hidden file on the shelf, hashed         a crash here: it stands there still, and is fetched anew
    3. reserve  a key made of path, version and hash, for one document   … the same document comes of it, or none
    4. take     it is ours, and stands where it outlives this machine    … found again under its key, not taken twice
    5. remove   there, the sidecar first                        … fetched anew, and known by its key
    6. forget   the key: the same file may be dropped once more

Behind step 3 is looked whether the file still stands there: who is held up so long that another machine goes on in its
place, and has come to step 6, finds it gone and takes nothing.

Names are judged as in the inbox of this machine. What lies in folders further down is left alone, and so is what cannot
become a document: it stays there, and is told.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import count

import structlog

from jobs.model.documents import SealFormat
from jobs.model.hand_in import BadHandIn, HandIn, KeyReused, Once, Receipt, UnderWay
from jobs.model.metadata import MetadataUse
from jobs.model.names import RouteName
from jobs.model.way_in import WayIn
from worker.inbox.handing_in import HandingIn
from worker.inbox.ignoring import is_ignored
from worker.inbox.sidecars import LARGEST, SidecarRule, sidecar_names, unfinished_sidecars
from worker.inbox.stability import Stability, look_again
from worker.places.place import FoundFile, Place, Replaced, join
from worker.storage.names import escape_controls, fit_name
from worker.storage.uploads import TooManyBytes, Upload

log = structlog.get_logger()

PROCESSED = "processed"
"""Below the folder: what was taken, where it is to be kept."""
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class RouteFolder:
    """Where a route's documents stand in the place, what it seals, and what it asks of sidecars."""

    route: RouteName
    folder: str
    sealed_as: SealFormat
    sidecars: SidecarRule


@dataclass(frozen=True, slots=True)
class _Found:
    document: FoundFile
    sidecar: FoundFile | None


class Taking:
    """Takes from one place, by the name that the settings have for it; `most` bytes of a document.

    All who take there have their keys below the same `owner`. `moves` keeps what was taken there; `clock` gives
    monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        owner: str,
        place: Place,
        folders: Sequence[RouteFolder],
        port: HandingIn,
        *,
        most: int,
        settle: timedelta,
        moves: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._owner = owner
        self._place = place
        self._folders = folders
        self._port = port
        self._most = most
        self._settle = settle
        self._moves = moves
        self._clock = clock
        self._stabilities: dict[str, Stability] = {}
        self._told: dict[str, str] = {}
        self._taken: dict[str, tuple[_Found, Once]] = {}

    def begin(self) -> None:
        """Know nothing of what stands there: others may have looked meanwhile."""
        self._stabilities, self._told, self._taken = {}, {}, {}

    async def look(self) -> int:
        """Take all that has settled; gives how many documents became ours. Raises PlaceAway and OSError."""
        stabilities: dict[str, Stability] = {}
        taken, failures = 0, list[BaseException]()
        for folder in self._folders:
            settled = self._choose(folder, await self._place.list(folder.folder), stabilities)
            for first in range(0, len(settled), _AT_ONCE):
                group = [self._take(folder, each) for each in settled[first : first + _AT_ONCE]]
                ended = await asyncio.gather(*group, return_exceptions=True)
                taken += sum(each is True for each in ended)
                failed = [each for each in ended if isinstance(each, BaseException)]
                failures += failed
                if len(failed) == len(group):
                    # It is the place that fails, or our disk, and no single file.
                    raise failed[0]
        self._stabilities = stabilities
        self._told = {path: why for path, why in self._told.items() if path in stabilities}
        self._taken = {path: each for path, each in self._taken.items() if path in stabilities}
        if failures:
            raise failures[0]
        return taken

    def _choose(
        self, folder: RouteFolder, listed: Collection[FoundFile], stabilities: dict[str, Stability]
    ) -> Sequence[_Found]:
        """What has settled in that folder; how long everything has stood as it is goes into `stabilities`."""
        at = self._clock()
        files = {each.name: each for each in listed}
        is_ignoring = folder.sidecars.use is MetadataUse.IGNORE
        sidecars: Mapping[str, str] = {} if is_ignoring else sidecar_names(files, folder.sealed_as)
        coming = frozenset[str]() if is_ignoring else unfinished_sidecars(files)
        settled: list[_Found] = []
        for name, file in files.items():
            if is_ignored(name) or name in sidecars.values() or f"{name}.json".lower() in coming:
                continue
            found, path = _Found(file, files.get(sidecars.get(name, ""))), join(folder.folder, name)
            stability = stabilities[path] = look_again(self._stabilities.get(path), found, at)
            is_missing = folder.sidecars.use is MetadataUse.REQUIRED and found.sidecar is None
            waits = is_missing and at - stability.first < folder.sidecars.wait.total_seconds()
            if stability.has_settled(at, self._settle) and not waits:
                settled.append(found)
        return settled

    async def _take(self, folder: RouteFolder, found: _Found) -> bool:
        """Make it ours and take it away there; False where it was ours already, or cannot be."""
        path = join(folder.folder, found.document.name)
        known, once = self._taken.get(path, (None, None))
        is_new = known != found or once is None
        if is_new:
            try:
                once = await self._hand_in(folder, found)
            except (BadHandIn, TooManyBytes) as why:
                self._tell(path, str(why))
                return False
            except (FileNotFoundError, Replaced, UnderWay):
                # Somebody took it, or goes on writing to it: the next look tells.
                return False
            self._taken[path] = found, once
        if once is not None:
            await self._take_away(folder, found, once)
        return is_new

    async def _hand_in(self, folder: RouteFolder, found: _Found) -> Once:
        """Make it ours, and give the key under which it is. Raises BadHandIn, Replaced and what the reading does."""
        path = join(folder.folder, found.document.name)
        if found.document.size > self._most:
            raise TooManyBytes(self._most)
        metadata = None if found.sidecar is None else await self._read_sidecar(folder, found.sidecar)
        about = HandIn.read(route=folder.route, name=found.document.name, metadata=metadata, way_in=WayIn.PLACE)
        content = sha256()
        async with self._port.opened(self._most) as upload:
            async for piece in self._place.read(path):
                content.update(piece)
                await upload.write(piece)
            if upload.size != found.document.size:
                raise Replaced(path)
            key = sha256(f"{path}\n{found.document.version}\n{content.hexdigest()}".encode(errors="surrogatepass"))
            once = Once(owner=self._owner, key=key.hexdigest())
            receipt = await self._claim(upload, about.model_copy(update={"once": once}), path, found.document)
        if receipt.sha256.hex != content.hexdigest():
            raise Replaced(path)
        log.info("fetched from elsewhere", place=self._name, document=receipt.document, repeated=receipt.is_repeat)
        return once

    async def _claim(self, upload: Upload, about: HandIn, path: str, file: FoundFile) -> Receipt:
        async def require_there() -> None:
            if await self._place.look(path) != file:
                raise Replaced(path)

        try:
            return await self._port.take(upload, about, confirm=require_there)
        except KeyReused:
            # Its sidecar changed, or went, since it was taken and a crash came: it is the same document all the same.
            if about.once is not None and (earlier := await self._port.find(about.once)):
                return earlier
            raise UnderWay from None

    async def _read_sidecar(self, folder: RouteFolder, sidecar: FoundFile) -> bytes:
        if sidecar.size > LARGEST:
            raise BadHandIn(f"its sidecar has more than {LARGEST} bytes")
        content = bytearray()
        async for piece in self._place.read(join(folder.folder, sidecar.name)):
            content += piece
            if len(content) > sidecar.size:
                raise Replaced(sidecar.name)
        if len(content) != sidecar.size:
            raise Replaced(sidecar.name)
        return bytes(content)

    async def _take_away(self, folder: RouteFolder, found: _Found, once: Once) -> None:
        """Take it away there, and then forget its key. Raises PlaceAway."""
        files = [found.document] if found.sidecar is None else [found.sidecar, found.document]
        for file in files:
            with suppress(Replaced):
                await self._place.take_away(
                    join(folder.folder, file.name), file, await self._find_room(folder, file) if self._moves else None
                )
        with suppress(UnderWay):
            await self._port.forget_one(once)

    async def _find_room(self, folder: RouteFolder, file: FoundFile) -> str:
        for number in count(1):
            name = fit_name(file.name, f" ({number})" if number > 1 else "")
            path = join(folder.folder, f"{PROCESSED}/{name}")
            if await self._place.look(path) is None:
                return path
        raise AssertionError("names do not run out")

    def _tell(self, path: str, why: str) -> None:
        if self._told.get(path) != why:
            log.warning("left where it is", place=self._name, file=escape_controls(path), why=why)
        self._told[path] = why

    @property
    def left(self) -> Mapping[str, str]:
        """What cannot become a document and stays there, with the reason."""
        return self._told
