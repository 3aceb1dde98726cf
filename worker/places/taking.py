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
become a document, or is refused to us: it stays there, is told, and keeps no other from being taken. What failed before
is tried behind all others and by itself, since it may be what the place fails of.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256

import structlog

from jobs.model.hand_in import BadHandIn, HandIn, KeyReused, Once, Receipt, UnderWay
from jobs.model.way_in import WayIn
from worker.error_text import error_text
from worker.inbox.candidates import LARGE
from worker.inbox.handing_in import HandingIn
from worker.inbox.sidecars import LARGEST
from worker.inbox.turns import Turns, split
from worker.places.looking import FoundDocument, Looking, RouteFolder
from worker.places.place import PROCESSED, Denied, FoundFile, Place, PlaceAway, Replaced, join
from worker.storage.names import escape_controls, fit_name
from worker.storage.uploads import TooManyBytes, Upload

log = structlog.get_logger()

_AT_ONCE = 4
_FRESH = 60.0
"""Seconds for which a look is good: to list a hundred thousand files takes long, and others may come meanwhile."""
_OFTEN = 5
"""Tries in a row that came to nothing, after which somebody is told."""


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
        self._looking = Looking(place, folders, settle, clock)
        self._port = port
        self._most = most
        self._moves = moves
        self._clock = clock
        self._turns = Turns[FoundDocument](lambda found: found, lambda found: found.folder.route)
        self.begin()

    def begin(self) -> None:
        """Know nothing of what stands there: others may have looked meanwhile."""
        self._looking.begin()
        self._told: dict[str, str] = {}
        self._taken: dict[str, tuple[FoundDocument, Once]] = {}
        self._unfit: dict[str, FoundDocument] = {}
        self._tries = Counter[str]()

    async def look(self) -> int:
        """Take what has settled, of all routes in turn; gives how many documents became ours.

        Of very many the rest is left to the next look. Raises PlaceAway and OSError.
        """
        listed, begun, taken = await self._looking.list_settled(), self._clock(), 0
        self._tidy()
        settled = [each for each in listed if self._unfit.get(each.path) != each]
        while True:
            chosen, later = self._turns.choose(settled)
            taken += await self._take_all([await self._looking.complete(each) for each in chosen])
            if not later or self._clock() - begun > _FRESH:
                return taken

    async def _take_all(self, chosen: Sequence[FoundDocument]) -> int:
        taken, failures = 0, list[BaseException]()
        for group in self._group(chosen):
            ended = await asyncio.gather(*map(self._take, group), return_exceptions=True)
            taken += sum(each is True for each in ended)
            failed = [each for each in ended if isinstance(each, BaseException)]
            failures += failed
            if len(failed) == len(group):
                # It is the place that fails, or our disk, and no single file.
                break
        if failures:
            raise failures[0]
        return taken

    def _tidy(self) -> None:
        """Remember nothing of what stands there no more, and tell what hinders whole folders."""
        hindrances, is_there = self._looking.hindrances, self._looking.is_there
        self._taken = {path: each for path, each in self._taken.items() if is_there(path)}
        self._unfit = {path: each for path, each in self._unfit.items() if is_there(path)}
        self._told = {path: why for path, why in self._told.items() if is_there(path) or path in hindrances}
        self._tries = Counter({path: tries for path, tries in self._tries.items() if is_there(path)})
        for path, why in hindrances.items():
            self._tell(path, why)

    def _group(self, chosen: Sequence[FoundDocument]) -> Iterator[Sequence[FoundDocument]]:
        """What is taken at once: what is large behind the small, and what was tried before last, each by itself."""
        fresh, again = split(chosen, lambda each: each.path in self._tries)
        fresh.sort(key=lambda each: each.document.size > LARGE)
        yield from (fresh[first : first + _AT_ONCE] for first in range(0, len(fresh), _AT_ONCE))
        yield from ([each] for each in sorted(again, key=lambda each: self._tries[each.path]))

    async def _take(self, found: FoundDocument) -> bool:
        """Make it ours and take it away there; False where it was ours already, or cannot be."""
        path, is_new = found.path, False
        self._tries[path] += 1
        try:
            if self._taken.get(path, (None,))[0] != found:
                self._taken[path] = found, await self._hand_in(found)
                is_new = True
            await self._take_away(found)
        except (BadHandIn, TooManyBytes) as why:
            self._unfit[path] = found
            self._tell(path, str(why))
        except Denied as why:
            self._tell(path, f"it is ours by now, and cannot be taken away: {why}" if path in self._taken else str(why))
        except (FileNotFoundError, Replaced, UnderWay):
            # Somebody took it, or goes on writing to it: the next look tells.
            if self._tries[path] >= _OFTEN:
                self._tell(path, "it is another file each time that it is read, or is not there then")
        except (PlaceAway, OSError):
            raise
        except Exception as error:  # noqa: BLE001  one that meets a fault of ours keeps no other from being taken
            log.warning("not taken", place=self._name, file=escape_controls(path), error=error)
            self._tell(path, error_text(error))
        return is_new

    async def _hand_in(self, found: FoundDocument) -> Once:
        """Make it ours, and give the key under which it is. Raises BadHandIn, Replaced and what the reading does."""
        folder, path = found.folder, found.path
        if found.document.size > self._most:
            raise TooManyBytes(self._most)
        metadata = None if found.sidecar is None else await self._read_sidecar(folder, found.sidecar)
        about = HandIn.read(route=folder.route, name=found.document.name, metadata=metadata, way_in=WayIn.PLACE)
        content = sha256()
        async with self._port.opened(self._most) as upload:
            async for piece in self._place.read(path):
                content.update(piece)
                await upload.write(piece)
                if upload.size > found.document.size:
                    break
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
            # An earlier zimogs noted it with its sidecar, which changed since, or the folder is another route's by now.
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

    async def _take_away(self, found: FoundDocument) -> None:
        """Take it away there, and then forget its key. Raises Replaced, and PlaceAway.

        Whom somebody forestalls keeps the key: what was only put aside may get its name back.
        """
        if found.sidecar is not None:
            with suppress(Replaced):
                await self._take_one_away(found.folder, found.sidecar)
        await self._take_one_away(found.folder, found.document)
        _, once = self._taken.pop(found.path)
        del self._tries[found.path]
        self._told.pop(found.path, None)
        with suppress(UnderWay):
            await self._port.forget_one(once)

    async def _take_one_away(self, folder: RouteFolder, file: FoundFile) -> None:
        room = await self._find_room(folder, file) if self._moves else None
        await self._place.take_away(join(folder.folder, file.name), file, room)

    async def _find_room(self, folder: RouteFolder, file: FoundFile) -> str:
        """A free name where it is kept, found in leaps: after years there may be thousands of one name."""

        def number_path(number: int) -> str:
            name = fit_name(file.name, f" ({number})" if number > 1 else "")
            return join(folder.folder, f"{PROCESSED}/{name}")

        taken, free = 0, 1
        while await self._place.look(number_path(free)) is not None:
            taken, free = free, 2 * free
        while free - taken > 1:
            middle = (taken + free) // 2
            is_taken = await self._place.look(number_path(middle)) is not None
            taken, free = (middle, free) if is_taken else (taken, middle)
        return number_path(free)

    def _tell(self, path: str, why: str) -> None:
        if self._told.get(path) != why:
            log.warning("left where it is", place=self._name, file=escape_controls(path), why=why)
        self._told[path] = why

    @property
    def left(self) -> Mapping[str, str]:
        """What cannot become a document and stays there, with the reason."""
        return self._told
