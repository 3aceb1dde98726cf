"""The intake: everything that comes in passes here, whether dropped, handed in or sent again."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.names import DocumentId, RouteName
from jobs.model.records import Refusal
from worker.inbox.claiming import Claim
from worker.inbox.outcomes import Outcome, Stuck, Sweep
from worker.inbox.reception import Reception
from worker.inbox.scanning import Find, Inbox, container_name
from worker.inbox.settling import Look, Sighting, sighted
from worker.storage.explanation import Explanation

GROUP = 32
"""Files that one hop into a thread takes along."""
HOPS = 4
"""Hops under way at once: most of a claim is waiting for the disk."""

Observe = Callable[[Outcome], None]


class Intake:
    """Takes files from one inbox for its routes.

    `observe` hears every outcome, on the event loop. `clock` gives monotonic seconds, for the settle time. It is
    made within a running event loop.
    """

    def __init__(
        self,
        inbox: Inbox,
        reception: Reception,
        *,
        observe: Observe,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inbox = inbox
        self.observe = observe
        self._reception = reception
        self._clock = clock
        self._sightings: dict[Path, Sighting] = {}
        self._is_clean = False
        self._sweeping = asyncio.Lock()

    async def sweep(self) -> Sweep:
        """Look at the whole inbox and take all that is settled; first finish what an earlier sweep could not.

        Raises nothing of the system's: what it refuses is heard by `observe` and tried again.
        """
        async with self._sweeping:
            outcomes = await self._take_up()
            finds, stuck, unsettled = await asyncio.to_thread(self._look_around)
            outcomes += self._heard(stuck)
            outcomes += await self._receive_all(finds)
            return Sweep.of(outcomes, unsettled)

    async def take(self, path: Path, route: RouteName | None) -> Document | Refusal | None:
        """Take one file out of the inbox now, settled or not; None when somebody else has it. Raises OSError."""
        look = await asyncio.to_thread(Look.at, path)
        if look is None:
            return None
        claims = await self._claim([Find(path, look, route, self.inbox.name_of(path))])
        return await self._finish_one(claims)

    async def accept_copy(self, path: Path, route: RouteName) -> Document | Refusal:
        """Take a copy of a person's own file or folder, which stays where it is. Raises OSError."""
        look = await asyncio.to_thread(lambda: Look.at(path.resolve()))
        if look is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
        find = Find(path, look, route, container_name(path))
        claim = await asyncio.to_thread(self._reception.claim_copy, find)
        return _certain(await self._finish_one([claim]), path)

    async def retry(self, document: DocumentId, route: RouteName | None = None) -> Document | Refusal:
        """Send a file in quarantine through again as a new document; `route` where it had none, or another one.

        Its explanation goes once the file is safely on the shelf. Raises NotQuarantined, and OSError.
        """
        entry = await self._reception.quarantine.find(document)
        explained = entry.explanation
        look = await asyncio.to_thread(Look.at, entry.path)
        finds = [Find(entry.path, look, route or explained.route, explained.name)] if look else []
        claims = await self._claim(finds)
        if claims:
            await asyncio.to_thread(self._reception.quarantine.forget, entry)
        return _certain(await self._finish_one(claims), entry.path)

    def _look_around(self) -> tuple[list[Find], list[Stuck], int]:
        """Settled files, folders that cannot be read, and the number of files that are not settled."""
        at = self._clock()
        settled: list[Find] = []
        stuck: list[Stuck] = []
        sightings: dict[Path, Sighting] = {}
        for find in self.inbox.files(lambda path, error: stuck.append(Stuck(path, error))):
            sighting = sightings[find.path] = sighted(self._sightings.get(find.path), find.look, at)
            if sighting.settled(at, self.inbox.settle):
                settled.append(find)
        self._sightings = sightings
        return settled, stuck, len(sightings) - len(settled)

    async def _take_up(self) -> list[Outcome]:
        if self._is_clean:
            return []
        self._is_clean = True
        return await self._outcomes(self._reception.take_up)

    async def _receive_all(self, finds: Sequence[Find]) -> list[Outcome]:
        slots = asyncio.Semaphore(HOPS)
        groups = await asyncio.gather(*(self._receive(group, slots) for group in _groups(finds)))
        return list(chain.from_iterable(groups))

    async def _receive(self, finds: Sequence[Find], slots: asyncio.Semaphore) -> list[Outcome]:
        async with slots:
            return await self._outcomes(partial(self._reception.receive, finds))

    async def _outcomes(self, work: Callable[[], Sequence[Outcome]]) -> list[Outcome]:
        try:
            return self._heard(await asyncio.to_thread(work))
        except OSError as error:
            return self._heard([Stuck(self.inbox.folder, error)])

    async def _claim(self, finds: Sequence[Find]) -> list[Claim]:
        claims, stuck = await asyncio.to_thread(self._reception.claim, finds)
        self._heard(stuck)
        return claims

    async def _finish_one(self, claims: Sequence[Claim]) -> Document | Refusal | None:
        for outcome in self._heard(await asyncio.to_thread(self._reception.finish, claims)):
            if isinstance(outcome, Document):
                return outcome
            if isinstance(outcome, Explanation):
                return outcome.refusal
            raise outcome.error
        return None

    def _heard(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        for outcome in outcomes:
            self.observe(outcome)
        # What got stuck may be half-claimed, so the next sweep begins on the shelf.
        self._is_clean = self._is_clean and not any(isinstance(outcome, Stuck) for outcome in outcomes)
        return list(outcomes)


def _groups(finds: Iterable[Find]) -> Iterator[tuple[Find, ...]]:
    rest = iter(finds)
    while group := tuple(islice(rest, GROUP)):
        yield group


def _certain(outcome: Document | Refusal | None, path: Path) -> Document | Refusal:
    if outcome is None:
        raise FileNotFoundError(errno.ENOENT, "somebody else took the file", str(path))
    return outcome
