"""Who may call the vendor now: calls of a document wait for a slot, of which there are as many as it bears.

What waits goes by rank, and within a rank the oldest batch first; but of eight slots one goes to whoever has waited
longest, so that nobody waits for ever. All other calls wait for their like alone, never behind documents.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Hashable, Sized
from contextlib import asynccontextmanager
from dataclasses import dataclass

from worker.clock import monotonic
from worker.eparaksts.congestion import Bounds, CongestionControl
from worker.eparaksts.operations import Rank
from worker.precedence import precedence

_OTHERS_AT_ONCE = 16
"""Calls of each rank that waits for no slot. Finalizing may take minutes, and whoever signs in does not wait for it."""
_LONGEST_WAIT_EVERY = 8

_Queued = tuple[Rank, float, int]
"""Rank, age of the batch (Unix time), and a number that tells who came first."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that is under way since `began`, when there were `in_flight` with it. What became of it is told here."""

    congestion: CongestionControl
    clock: Callable[[], float]
    waiting: Sized
    kind: Hashable
    began: float
    in_flight: int

    def note_answer(self) -> None:
        """The vendor has answered, whatever it said of the matter."""
        self.congestion.note_answer(self.kind, self.began, self.clock(), is_used=len(self.waiting) > 0)

    def note_refusal(self, after: float, *, is_too_many: bool) -> None:
        """The vendor has too much to do, or, more exactly, was asked too many things at once."""
        count = self.in_flight if is_too_many else None
        self.congestion.note_refusal(self.began, self.clock(), after, in_flight=count)

    def note_silence(self) -> None:
        """No answer came in time."""
        self.congestion.note_silence(self.began, self.clock())


class Slots:
    """Gives out slots within the bounds; `observe` hears how many there are, whenever that changes."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        observe: Callable[[int], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._congestion = CongestionControl(bounds, clock())
        self._observe = observe
        self._clock = clock
        self._others = {rank: asyncio.Semaphore(_OTHERS_AT_ONCE) for rank in Rank if not rank.is_of_a_document}
        self._least = bounds.least
        self._in_flight = self._of_documents = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._places: list[_Queued] = []
        self._arrivals = self._grants = 0
        self._told = bounds.first
        self._opening: asyncio.TimerHandle | None = None
        observe(bounds.first)

    @property
    def queue_length(self) -> int:
        """How many calls wait for a slot."""
        return len(self._waiting)

    @asynccontextmanager
    async def hold(self, rank: Rank, kind: Hashable) -> AsyncIterator[Slot]:
        """Hold a slot for the time of the block, once it is this call's turn; calls of one kind take about as long."""
        if not rank.is_of_a_document:
            async with self._others[rank]:
                self._in_flight += 1
                try:
                    yield self._slot(kind)
                finally:
                    self._release()
            return
        await self._wait(rank)
        try:
            yield self._slot(kind)
        finally:
            self._of_documents -= 1
            self._release()

    def _slot(self, kind: Hashable) -> Slot:
        return Slot(self._congestion, self._clock, self._waiting, kind, self._clock(), self._in_flight)

    async def _wait(self, rank: Rank) -> None:
        if not self._waiting and self._is_free():
            self._take()
            return
        self._arrivals += 1
        number, turn = self._arrivals, asyncio.get_running_loop().create_future()
        self._waiting[number] = turn
        heapq.heappush(self._places, (rank, precedence(), number))
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.pop(number, None)
            else:
                # Its turn had come in the same moment.
                self._of_documents -= 1
                self._release()
            raise

    def _release(self) -> None:
        self._in_flight -= 1
        self._grant()
        if self._told != self._congestion.limit:
            self._told = self._congestion.limit
            self._observe(self._told)

    def _take(self) -> None:
        self._in_flight += 1
        self._of_documents += 1

    def _is_free(self) -> bool:
        # Finalizing may take minutes: however many of it are under way, a few documents go on beside them.
        has_room = self._in_flight < self._congestion.limit or self._of_documents < self._least
        return has_room and self._clock() >= self._congestion.closed_until

    def _grant(self) -> None:
        while self._waiting and self._is_free():
            turn = self._waiting.pop(self._next())
            if not turn.cancelled():
                self._take()
                turn.set_result(None)
        if self._waiting:
            self._open_later()
        else:
            self._places.clear()

    def _next(self) -> int:
        """The number of whoever is next."""
        self._grants += 1
        if self._grants % _LONGEST_WAIT_EVERY == 0:
            return next(iter(self._waiting))
        while True:
            _, _, number = heapq.heappop(self._places)
            # Whoever gave up, or had waited longest, has left its place behind.
            if number in self._waiting:
                return number

    def _open_later(self) -> None:
        """Look again when the vendor's rest is over: perhaps nothing is under way then whose end would tell us."""
        rest = self._congestion.closed_until - self._clock()
        if rest > 0 and self._opening is None:
            self._opening = asyncio.get_running_loop().call_later(rest, self._open)

    def _open(self) -> None:
        self._opening = None
        self._grant()
