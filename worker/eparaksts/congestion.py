"""How many calls the vendor is given at once: what it takes is not published, so it is found out, and never pressed.

Additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP does it (RFC 5681): while answers come about as
fast as they ever did, a round of them lets one more call go at once; a refusal for load (429, 503), silence or slowness
takes a share away. Nothing here reads a clock or waits: time comes in as monotonic seconds.
"""

from collections.abc import Hashable
from dataclasses import dataclass

_AFTER_REFUSAL = 0.75
_AFTER_SLOWNESS = 0.9
"""Slowness may be that of large files, or our own; it is believed less than a word."""
_FIRST_GROWTH = 0.5
"""For each answer until the vendor first showed a limit: half as many again with each round (RFC 5681 §3.1)."""
_STEADY = 1.5
_SLOW = 2.5
"""Times what an answer takes in good time."""
_TOLERATED = 0.05
"""Seconds which make no answer slow: that much our own process may be busy with something else."""
_SMOOTHING = 1 / 16
_ENOUGH = 16
"""Answers of one kind before it can be said how long it takes."""
_RELEARN = 60.0
"""Seconds after which what was the best time is forgotten, in two steps: a vendor may become slower for good."""
_HOLD = 30.0
"""Seconds for which the number at which the vendor refused is not tried again."""
_HEADROOM = 8
"""One in so many is kept free below that number, for calls that wait for no slot: few of these can be repeated."""
_LONGEST_PAUSE = 60.0
"""Seconds for which one Retry-After may hold up all others; the call that was told waits as long as it was told."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many calls may be under way at once: to begin with, at least, and at most."""

    first: int = 8
    least: int = 2
    most: int = 32

    def __post_init__(self) -> None:
        """Raises ValueError for bounds between which nothing lies."""
        if not 1 <= self.least <= self.first <= self.most:
            raise ValueError("calls at once must be in the order: at least, at first, at most")


class Pace:
    """How long one kind of call takes of late, beside the best that was seen of it for a while. Seconds."""

    __slots__ = ("_answers", "_before", "_best", "_since", "usual")

    def __init__(self, now: float) -> None:
        self.usual = 0.0
        self._answers = 0
        self._best = self._before = float("inf")
        self._since = now

    def note(self, seconds: float, now: float) -> None:
        """One more answer took so long."""
        self._answers += 1
        # A plain mean at first, which weighs the first answer no more than any other.
        self.usual += (seconds - self.usual) * max(_SMOOTHING, 1 / self._answers)
        if self._answers < _ENOUGH:
            return
        if now - self._since > _RELEARN:
            self._before, self._best, self._since = self._best, self.usual, now
        self._best = min(self._best, self.usual)

    @property
    def slowness(self) -> float:
        """How many times its best this takes of late; 1 as long as that cannot be told, or is too little to count."""
        best = min(self._best, self._before)
        if self._answers < _ENOUGH or self.usual - best < _TOLERATED:
            return 1.0
        return self.usual / best


class CongestionControl:
    """How many calls may be under way at once, from what became of the calls before."""

    def __init__(self, bounds: Bounds, now: float) -> None:
        self._bounds = bounds
        self._exact = float(bounds.first)
        self._paces: dict[Hashable, Pace] = {}
        self._round: list[float] = []
        self._is_first_growth = True
        self._changed_at = now
        self._plateau, self._plateau_until = bounds.most, now
        self.closed_until = now
        """Until when the vendor asked to be left alone."""

    @property
    def limit(self) -> int:
        """How many, a whole number within the bounds."""
        return int(self._exact)

    def note_answer(self, kind: Hashable, began: float, now: float, *, is_used: bool) -> None:
        """A call of this kind (calls of one kind take about as long) was answered.

        `is_used` says that others wait, so that more of them would go at once if more might (RFC 7661).
        """
        pace = self._paces.setdefault(kind, Pace(now))
        pace.note(now - began, now)
        self._round.append(pace.slowness)
        # As many as may be under way at once: one round trip.
        if len(self._round) >= self.limit:
            slowness = sum(self._round) / len(self._round)
            self._round.clear()
            self._judge(slowness, began, now, is_used=is_used)
        elif self._is_first_growth and is_used and pace.slowness < _STEADY:
            self._grow(_FIRST_GROWTH, now)

    def note_silence(self, began: float, now: float) -> None:
        """No answer came in time."""
        self._shrink(_AFTER_REFUSAL, began, now)

    def note_refusal(self, began: float, now: float, after: float = 0.0, *, in_flight: int | None = None) -> None:
        """The vendor said that it has too much to do, and may have asked for `after` seconds of rest.

        `in_flight` is how many calls were under way as this one began, with it, where it said that these are too many.
        """
        self.closed_until = max(self.closed_until, now + min(after, _LONGEST_PAUSE))
        if in_flight is not None:
            borne = in_flight - 1
            self._plateau = min(self._plateau_at(now), borne - borne // _HEADROOM)
            self._plateau_until = now + _HOLD
        self._shrink(_AFTER_REFUSAL, began, now)

    def _judge(self, slowness: float, began: float, now: float, *, is_used: bool) -> None:
        if slowness > _SLOW:
            self._shrink(_AFTER_SLOWNESS, began, now)
        elif slowness < _STEADY and is_used:
            self._grow(1.0, now)

    def _grow(self, by: float, now: float) -> None:
        self._exact = max(self._exact, min(self._plateau_at(now), self._exact + by))

    def _plateau_at(self, now: float) -> int:
        """How many may be tried: fewer than the vendor lately called too many."""
        return self._plateau if now < self._plateau_until else self._bounds.most

    def _shrink(self, share: float, began: float, now: float) -> None:
        self._is_first_growth = False
        self._round.clear()
        # Whatever went out before the last change says nothing about it: one shrinking for each round trip.
        if began >= self._changed_at:
            self._exact = max(float(self._bounds.least), self._exact * share)
            self._changed_at = now
