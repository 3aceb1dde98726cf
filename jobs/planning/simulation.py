"""Days of a route in a moment: documents come, the rule cuts batches, a person sits down now and then. Pure.

It asks the very rule that gathers. The machine prepares one batch after the other; the person comes a while after they
were asked, within working time, and approves one after the other whatever waits by then.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.model.asking import Asking
from jobs.model.documents import Limits
from jobs.model.names import RouteName, batch_id
from jobs.planning.pace import Asked
from jobs.planning.rule import Cut, decide
from jobs.planning.view import RouteNow, Waiting, Window

_SOME_BATCH = batch_id(RouteName("simulated"), 1)


class Policy(NamedTuple):
    """What a route's settings say about its batches."""

    limits: Limits
    asking: Asking = Asking()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens whatever the policy is: when documents come, in order, and how people and machines are.

    `delay` gives how long the person takes to sit down once they are asked, `password` how long each approval takes.
    `prepared` and `delivered` are documents a second, `size` is the bytes of each document.
    """

    arrivals: Sequence[datetime]
    delay: Callable[[], timedelta]
    password: timedelta = timedelta(seconds=20)
    prepared: float = 10.0
    delivered: float = 10.0
    size: int = 50_000


@dataclass(frozen=True, slots=True)
class SimulatedBatch:
    """A batch: when its documents came, when it was cut, and when its person was asked and approved it."""

    arrivals: Sequence[datetime]
    cut_at: datetime
    asked_at: datetime
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class SimulatedDays:
    """Every batch, in the order of their approval, and how often the person sat down for them."""

    batches: tuple[SimulatedBatch, ...]
    sittings: int


def simulate(policy: Policy, scenario: Scenario) -> SimulatedDays:
    """Let it all happen, until every document is approved."""
    house = _House(policy, scenario)
    while (moment := house.find_next_moment()) is not None:
        house.advance(moment)
    return SimulatedDays(tuple(house.approved), house.sittings)


class _PreparedBatch(NamedTuple):
    """A batch that is prepared for its person, or waits for them since `asked_at`."""

    arrivals: Sequence[datetime]
    cut_at: datetime
    asked_at: datetime


@dataclass(slots=True)
class _House:
    """The route, its machine and its person, from one moment to the next."""

    policy: Policy
    scenario: Scenario
    head: int = 0
    """The first document that no batch holds."""
    tail: int = 0
    """The first document that has not come yet."""
    decides_at: datetime | None = None
    """When the rule would decide otherwise, if nothing happened before."""
    preparing: deque[_PreparedBatch] = field(default_factory=deque)
    asking: deque[_PreparedBatch] = field(default_factory=deque)
    approves_at: datetime | None = None
    """When the person has approved the oldest batch that waits for them."""
    is_sitting: bool = False
    touched_at: datetime | None = None
    """When the person was last asked, or approved something."""
    approved: list[SimulatedBatch] = field(default_factory=list)
    sittings: int = 0

    def find_next_moment(self) -> datetime | None:
        """When next something happens that the rule could answer; None when it is all over."""
        moments = [self.decides_at, self.approves_at, self.preparing[0].asked_at if self.preparing else None]
        limits, arrivals = self.policy.limits, self.scenario.arrivals
        full = min(limits.max_documents, max(1, -(-limits.max_bytes // self.scenario.size)))
        # Between the first document that waits and the one that fills a batch, those that come change nothing at once.
        telling = self.tail if self.head == self.tail else self.head + full - 1
        if telling < len(arrivals):
            moments.append(arrivals[telling])
        return min((moment for moment in moments if moment is not None), default=None)

    def advance(self, now: datetime) -> None:
        """Let happen what is due at that moment, and have the rule decide."""
        while self.tail < len(self.scenario.arrivals) and self.scenario.arrivals[self.tail] <= now:
            self.tail += 1
        while self.preparing and self.preparing[0].asked_at <= now:
            self.ask(self.preparing.popleft())
        if self.approves_at is not None and self.approves_at <= now:
            self.approve(now)
        self.decides_at = None
        while self.head < self.tail and self.decides_at is None:
            decision = decide(self.view(now))
            if isinstance(decision, Cut):
                self.cut(decision.documents, now)
            else:
                self.decides_at = decision.until

    def view(self, now: datetime) -> RouteNow:
        """What the rule sees."""
        arrivals, count = self.scenario.arrivals, self.tail - self.head
        first, newest = arrivals[self.head], arrivals[self.tail - 1]
        return RouteNow(
            now=now,
            limits=self.policy.limits,
            waiting=Waiting(count, count * self.scenario.size, count, first, now - first, now - newest),
            window=Window.of(self.policy.asking, now),
            asked=Asked(self.touched_at, _SOME_BATCH if self.asking or self.preparing else None),
            since_asked=None if self.touched_at is None else now - self.touched_at,
        )

    def cut(self, most: int, now: datetime) -> None:
        """Make a batch, and have it prepared behind those before it."""
        fitting = max(1, min(most, self.policy.limits.max_bytes // self.scenario.size))
        arrivals = self.scenario.arrivals[self.head : min(self.tail, self.head + fitting)]
        self.head += len(arrivals)
        begin = max(now, self.preparing[-1].asked_at) if self.preparing else now
        length = timedelta(seconds=len(arrivals) / self.scenario.prepared)
        self.preparing.append(_PreparedBatch(arrivals, now, begin + length))

    def ask(self, batch: _PreparedBatch) -> None:
        """Ask the person; where nothing waited for them, they begin to think of sitting down."""
        self.touched_at = batch.asked_at
        self.asking.append(batch)
        if self.approves_at is None:
            comes_at = self.policy.asking.calendar.next_working_time(batch.asked_at + self.scenario.delay())
            self.approves_at = comes_at + self.scenario.password

    def approve(self, now: datetime) -> None:
        """Have the oldest batch approved; the person stays for the next one that waits."""
        batch = self.asking.popleft()
        self.approved.append(SimulatedBatch(batch.arrivals, batch.cut_at, batch.asked_at, now))
        self.sittings += not self.is_sitting
        self.is_sitting = bool(self.asking)
        self.touched_at, self.approves_at = now, now + self.scenario.password if self.asking else None
