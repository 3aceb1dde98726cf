"""Copying sealed files from our outbox into a folder elsewhere, each with its sidecar, under a name that is free there.

The sidecar is created first and exclusively, so it reserves the name, as in our own outbox; what a crash leaves is
found again by it, as it names the document, and the sealed file by its hash. Where programs look for sidecars it is
hidden (`.<name>.json.part`) until the file stands there. Two machines that deliver one document at the same moment, one
of them held up before, find each other's in the same way. Who takes a file away at the very moment of a crash may get
it twice.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.events import Event, SealedAs
from jobs.model.names import RouteName
from worker.error_text import error_text
from worker.notices.failures import Hindered, NotTold, Unreachable
from worker.places.place import Denied, Place, PlaceAway, join
from worker.places.standing import PlaceStanding
from worker.storage.names import free_names
from worker.storage.outbox_sidecars import ENDING
from worker.storage.sidecar import Sidecar, read_sidecar
from worker.storage.tree import Location

REPORT = ".validation.json"
_PART = ".part"
_LONGEST_SIDECAR = 1 << 16
_AGAIN = 300.0
"""Seconds after which a place that is away is tried again at the latest."""
_RACES = 5
"""Times that a file may be there when it is to be created, and gone when it is read, before another name is tried."""


BringDelivered = Callable[[RouteName, str], AbstractAsyncContextManager[Path]]
"""Has a sealed file, and what belongs to it, below an outbox folder of this machine for the time of the block."""


class Delivering:
    """Delivers what `bring` brings into one place; `folder_of` tells where a route's files stand there."""

    def __init__(
        self,
        place: Place,
        bring: BringDelivered,
        folder_of: Callable[[RouteName], str],
        standing: PlaceStanding,
        *,
        is_sealed_first: bool,
    ) -> None:
        self._place = place
        self._bring = bring
        self._folder_of = folder_of
        self._standing = standing
        self._is_sealed_first = is_sealed_first
        self._left: dict[str, str] = {}

    async def send(self, event: Event) -> None:
        """Have the sealed file of which the event tells there; doing it again changes nothing.

        Raises NotTold, Hindered where this file is refused there, and Unreachable where the place is away.
        """
        if event.route is None or event.document is None or event.document.sealed is None:
            return
        path = join(self._folder_of(event.route), event.document.sealed.name)
        try:
            async with self._bring(event.route, event.document.sealed.name) as outbox:
                await self._deliver(outbox, event.route, event.document.sealed)
        except Denied as error:
            self._left[path] = str(error)
            await self._standing.note_used(self._left)
            raise Hindered(str(error)) from None
        except PlaceAway as error:
            await self._standing.note_away(error, _AGAIN)
            raise Unreachable(str(error)) from None
        except OSError as error:
            raise NotTold(error_text(error)) from None
        self._left.pop(path, None)
        await self._standing.note_used(self._left)

    async def _deliver(self, outbox: Path, route: RouteName, sealed: SealedAs) -> None:
        file = outbox / route / sealed.name
        try:
            await asyncio.to_thread(_require_content, Location.of(file, outbox), sealed)
        except FileNotFoundError:
            if await self._hash(join(self._folder_of(route), sealed.name)) == sealed.sha256:
                return
            raise NotTold(f"{sealed.name} is not in the outbox any more: put back what was taken out of it") from None
        sidecar = await asyncio.to_thread(read_sidecar, file.with_name(file.name + ENDING))
        if sidecar is None:
            raise NotTold(f"{sealed.name} has no sidecar in the outbox any more: put back what was taken out of it")
        report = file.with_name(file.name + REPORT)
        for name in free_names(sealed.name, len(REPORT)):
            target = join(self._folder_of(route), name)
            about = sidecar.sealed.model_copy(update={"name": name})
            if await self._fill(target, sidecar.model_copy(update={"sealed": about}), file, report):
                return

    async def _fill(self, target: str, sidecar: Sidecar, file: Path, report: Path) -> bool:
        """Have it under that name; False where that is another's."""
        visible, hidden = _sidecar_paths(target)
        reserved = hidden if self._is_sealed_first else visible
        standing = await self._place.look(target)
        if standing is None:
            if not await self._reserve(reserved, sidecar):
                return False
            if await asyncio.to_thread(report.is_file) and await self._place.look(target + REPORT) is None:
                with suppress(FileExistsError):
                    await self._place.create(target + REPORT, report)
            try:
                await self._place.create(target, file)
            except FileExistsError:
                if await self._hash(target) != sidecar.sealed.sha256:
                    # Somebody has put another one there since; our reservation is of no use to anybody.
                    await self._place.remove(reserved)
                    return False
        elif standing.size != sidecar.sealed.size or await self._hash(target) != sidecar.sealed.sha256:
            return False
        if self._is_sealed_first:
            await self._publish(visible, hidden, sidecar)
        return True

    async def _reserve(self, path: str, sidecar: Sidecar) -> bool:
        """Have it there; False where another's is."""
        for _ in range(_RACES):
            try:
                await self._place.create(path, sidecar.content)
            except FileExistsError:
                # Another machine that delivers the very same may have come to its end, and removed it.
                with suppress(FileNotFoundError):
                    return await self._is_ours(path, sidecar)
            else:
                return True
        return False

    async def _publish(self, visible: str, hidden: str, sidecar: Sidecar) -> None:
        if not await self._reserve(visible, sidecar):
            raise FileExistsError(f"another file stands where the sidecar belongs: move {visible} away")
        await self._place.remove(hidden)

    async def _is_ours(self, path: str, sidecar: Sidecar) -> bool:
        """Whether what stands there speaks of the same document. Raises FileNotFoundError."""
        content = b""
        try:
            async for piece in self._place.read(path):
                content += piece
                if len(content) > _LONGEST_SIDECAR:
                    return False
            return Sidecar.model_validate_json(content).document == sidecar.document
        except ValidationError:
            return False

    async def _hash(self, path: str) -> str:
        digest = hashlib.sha256()
        try:
            async for piece in self._place.read(path):
                digest.update(piece)
        except FileNotFoundError:
            return ""
        return digest.hexdigest()


def _sidecar_paths(target: str) -> tuple[str, str]:
    """The sidecar's name, and that under which it is hidden."""
    folder, slash, name = target.rpartition("/")
    return f"{target}{ENDING}", f"{folder}{slash}.{name}{ENDING}{_PART}"


def _require_content(location: Location, sealed: SealedAs) -> None:
    """Raise NotTold unless the sealed file still stands in our outbox as it was delivered; and OSError."""
    with location.opened() as descriptor, open(descriptor, "rb", closefd=False) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sealed.sha256:
        raise NotTold(f"{sealed.name} in the outbox is not as it was delivered: `zimogs audit` tells more")
