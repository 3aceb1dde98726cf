"""The intake: everything that comes in passes here, whether dropped, handed in or sent again."""

import asyncio
import errno
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.names import DocumentId, RouteName
from jobs.model.records import Refusal
from jobs.model.way_in import WayIn
from worker.clock import utc_now
from worker.error_text import error_text
from worker.inbox.candidates import LARGE, Candidate, ClaimedFile, Inbox, candidate_at, container_name
from worker.inbox.claim import Claim
from worker.inbox.duplicates import DuplicateCheck, keep_all
from worker.inbox.leftovers import Leftovers
from worker.inbox.outcomes import IntakeOutcome, Rescan, Slow, Stuck
from worker.inbox.reception import Reception
from worker.inbox.settling import Look, Settling
from worker.inbox.turns import Turns, in_groups, split, split_in_thread
from worker.storage.explanation import Explanation
from worker.storage.ports import UntakenBook
from worker.storage.quarantine_folder import is_edited
from worker.storage.untaken import Untaken

HOPS = 4
"""Hops under way at once: most of a claim is waiting for the disk."""
HUGE = 1 << 30
"""Bytes from which on even large files do not wait for it: reading it may take hours."""
PATIENCE = timedelta(minutes=3)
"""How long something may be left in the inbox before people are told of it."""

Observe = Callable[[IntakeOutcome], None]
Hop = Callable[[], list[IntakeOutcome]]
"""What one hop into a thread does."""


class Intake:
    """Takes files from one inbox for its routes.

    `observe` hears every outcome, on the event loop; of what goes on being left or refused by the system it hears once.
    `clock` gives monotonic seconds, for the settle time. It is made within a running event loop.
    """

    def __init__(
        self,
        inbox: Inbox,
        reception: Reception,
        untaken: UntakenBook,
        *,
        observe: Observe,
        clock: Callable[[], float] = time.monotonic,
        patience: timedelta = PATIENCE,
        duplicates: DuplicateCheck | None = None,
    ) -> None:
        self.inbox = inbox
        self._observe = observe
        self._reception = reception
        self._duplicates = duplicates
        self._compare = keep_all if duplicates is None else duplicates.compare
        self._leftovers = Leftovers(untaken, patience)
        self._settling = Settling(inbox, clock, patience)
        self._complained: set[tuple[Path, str]] = set()
        self._is_clean = False
        self._scanning = asyncio.Lock()
        self._aside: dict[int, asyncio.Task[None]] = {}
        self._late: list[IntakeOutcome] = []
        self._slow: set[DocumentId] = set()
        self._claims = Turns[Claim](lambda claim: claim.id, lambda claim: claim.route)

    async def rescan(self) -> Rescan:
        """Look at the whole inbox and take all that has settled; first finish what an earlier rescan could not.

        What is large or slow to read is taken beside it, and told by a later rescan. What the system refuses is not
        raised: it is heard by `observe` and tried again.
        """
        async with self._scanning:
            claims = await self._unfinished()
            look = await asyncio.to_thread(self._look_around)
            size_of = self._reception.claims.size_of
            quick_claims, slow_claims = await split_in_thread(
                claims, lambda claim: claim.id in self._slow or size_of(claim) > LARGE
            )
            quick_claims, later = self._claims.choose(quick_claims)
            later += look.later
            outcomes = await self._take(quick_claims, look.quick)
            if self._duplicates is not None:
                outcomes += self._hear(await self._duplicates.look_again())
            outcomes, self._late = [*outcomes, *self._late], []
            left = look.left + [outcome for outcome in outcomes if isinstance(outcome, Untaken)]
            now = utc_now()
            left += [outcome.untaken(now) for outcome in outcomes if isinstance(outcome, Stuck)]
            await self._tell_untaken(left)
            large_claims, huge_claims = await split_in_thread(slow_claims, lambda claim: size_of(claim) > HUGE)
            large, huge = split(look.large, lambda candidate: candidate.fingerprint.size > HUGE)
            unsettled = look.unsettled
            for lane, works in enumerate((self._one_by_one(large_claims, large), self._one_by_one(huge_claims, huge))):
                self._take_aside(lane, works)
                unsettled += len(works)
            # A lane that is busy has begun with none of them: the next rescan finds them again.
            self._is_clean = self._is_clean and not slow_claims and not later
            if self._is_clean:
                self._complained.clear()
            return Rescan.of(outcomes, unsettled, later)

    async def take_up(self) -> Rescan:
        """Finish what others have begun and left, without a look at the inbox."""
        async with self._scanning:
            works = self._one_by_one(await self._unfinished(), [])
            return Rescan.of([outcome for work in works for outcome in await self._hop(work)], 0, 0)

    async def accept_copy(
        self, path: Path, route: RouteName, metadata: bytes | None = None, *, way_in: WayIn = WayIn.SUBMIT
    ) -> Document | Refusal | Duplicate:
        """Take a copy of a person's own file or folder, which stays where it is, with what is known of it as JSON.

        Raises OSError.
        """
        claim = await asyncio.to_thread(self._claim_copy, path, route, way_in, metadata)
        return await self.finish_one([claim], path)

    async def retry(
        self, document: DocumentId, route: RouteName | None = None, metadata: bytes | None = None
    ) -> Document | Refusal | Duplicate:
        """Send a file in quarantine through again as a new document; `route` where it had none, or another one.

        Its sidecar goes with it, or `metadata` (JSON) in the place of what that says. Its explanation goes once the
        file is safely on the shelf, and so do the copies that people saw, unless somebody has edited one. Raises
        NotQuarantined, and OSError.
        """
        entry = await self._reception.quarantine.find(document)
        leave_copy = await asyncio.to_thread(is_edited, entry)
        why = entry.explanation
        candidate = await asyncio.to_thread(
            candidate_at, entry.original, route or why.route, why.name, WayIn.RETRY, entry.metadata
        )
        claims, others = await asyncio.to_thread(self._reception.claims.claim, [candidate], metadata)
        for outcome in others:
            if isinstance(outcome, Untaken):
                raise OSError(errno.EBUSY, outcome.advice, outcome.path)
        for claim in claims:
            await asyncio.to_thread(self._reception.quarantine.note_resent, entry, claim.id)
            await asyncio.to_thread(self._reception.claims.bring_one, claim)
            await asyncio.to_thread(self._reception.quarantine.forget, entry, leave_copy=leave_copy)
        return await self.finish_one(claims, entry.original)

    def keep(self, document: DocumentId) -> None:
        """Have what was handed in outlive this machine, once; blocks. Raises OSError."""
        self._reception.claims.keep(document)

    async def finish_one(self, claims: Sequence[Claim], path: Path) -> Document | Refusal | Duplicate:
        """Judge and admit a claimed document, which is told by `path`. Raises OSError, and what is a fault of ours."""
        outcomes = await asyncio.to_thread(partial(self._reception.finish, claims, alone=True))
        for outcome in self._hear(await self._compare(outcomes)):
            match outcome:
                case Document() | Duplicate():
                    return outcome
                case Explanation():
                    return outcome.refusal
                case Stuck():
                    raise outcome.error
                case _:
                    continue
        raise FileNotFoundError(errno.ENOENT, "somebody else took the file", str(path))

    async def close(self) -> None:
        """Break off what is taken beside the others; it is taken up again at the next start."""
        self._reception.claims.stop()
        await asyncio.gather(*self._aside.values())

    # Looking

    def _look_around(self) -> Look:
        look = self._settling.look()
        look.left += self._follow(look.claimed)
        return look

    def _follow(self, claimed: Sequence[ClaimedFile]) -> list[Untaken]:
        if not all(task.done() for task in self._aside.values()):
            return []
        try:
            followed, left = self._reception.claims.follow(claimed)
        except OSError:
            # It lies there still at the next rescan.
            return []
        self._is_clean = self._is_clean and not followed
        return left

    async def _tell_untaken(self, left: Sequence[Untaken]) -> None:
        for untaken in self._leftovers.note(left):
            self._observe(untaken)
        try:
            await asyncio.to_thread(self._leftovers.write)
        except OSError as error:
            self._hear([Stuck(self.inbox.folder, error)])

    # Taking

    async def _unfinished(self) -> list[Claim]:
        claims = self._reception.claims
        try:
            if self._is_clean and not await asyncio.to_thread(claims.is_anything_left):
                return []
            self._is_clean = True
            return await asyncio.to_thread(claims.unfinished)
        except OSError as error:
            self._hear([Stuck(self.inbox.folder, error)])
            return []

    async def _take(self, claims: Sequence[Claim], candidates: Sequence[Candidate]) -> list[IntakeOutcome]:
        hops = asyncio.Semaphore(HOPS)

        async def hop(work: Hop) -> list[IntakeOutcome]:
            async with hops:
                return await self._hop(work)

        works = [partial(self._reception.finish, group) for group in in_groups(claims)]
        works += [partial(self._reception.receive, group) for group in in_groups(candidates)]
        return list(chain.from_iterable(await asyncio.gather(*map(hop, works))))

    def _one_by_one(self, claims: Sequence[Claim], candidates: Sequence[Candidate]) -> list[Hop]:
        works: list[Hop] = [partial(self._reception.finish, [claim], alone=True) for claim in claims]
        return works + [partial(self._reception.receive, [candidate], alone=True) for candidate in candidates]

    def _take_aside(self, lane: int, works: Sequence[Hop]) -> None:
        """Begin with them, unless earlier ones of this lane are still under way."""
        if lane in self._aside and self._aside[lane].done():
            self._aside.pop(lane).result()
        if works and lane not in self._aside:
            self._aside[lane] = asyncio.create_task(self._work_aside(works))

    async def _work_aside(self, works: Sequence[Hop]) -> None:
        for work in works:
            outcomes = await self._hop(work)
            self._late.extend(outcomes)
        await asyncio.to_thread(self._reception.rest)

    async def _hop(self, work: Hop) -> list[IntakeOutcome]:
        try:
            return self._hear(await self._compare(await asyncio.to_thread(work)))
        except Exception as error:  # noqa: BLE001  no group of files may end the rescan for those behind it
            return self._hear([Stuck(self.inbox.folder, error)])

    def _hear(self, outcomes: list[IntakeOutcome]) -> list[IntakeOutcome]:
        for outcome in outcomes:
            match outcome:
                case Document(id=document) | Explanation(document=document) | Duplicate(document=Document(id=document)):
                    self._slow.discard(document)
                    self._observe(outcome)
                case Slow():
                    self._slow.add(outcome.claim.id)
                case Stuck():
                    # What cannot be had for a whole day is told once, not every two seconds.
                    if (key := (outcome.path, error_text(outcome.error))) not in self._complained:
                        self._complained.add(key)
                        self._observe(outcome)
                case _:
                    continue
        # What got stuck may be half-claimed, so the next rescan begins on the shelf.
        self._is_clean = self._is_clean and not any(isinstance(outcome, Slow | Stuck) for outcome in outcomes)
        return outcomes

    def _claim_copy(self, path: Path, route: RouteName, way_in: WayIn, metadata: bytes | None) -> Claim:
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
        candidate = candidate_at(path.resolve(), route, container_name(path), way_in)
        return self._reception.claims.claim_copy(candidate, metadata)
