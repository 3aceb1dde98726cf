"""How often one key may ask: a bucket of tokens that is filled evenly. Pure but for the clock that it is given."""

import math
from collections.abc import Callable
from dataclasses import dataclass

_AT_ONCE = 6
"""Which part of a minute's requests may come at once."""
_MINUTE = 60.0
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a key: requests at once, and seconds until one more; `is_over` when it asked too much."""

    is_over: bool
    left: int
    reset: int


class RateLimit:
    """Lets each key ask `per_minute` times, a sixth of that at once. `clock` gives monotonic seconds.

    Kept in this process: several share nothing, which lets a key ask so much more.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._most = max(1.0, per_minute / _AT_ONCE)
        self._pace = per_minute / _MINUTE
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, key: str) -> Allowance:
        """Count one request of the key."""
        now = self._clock()
        tokens, seen = self._buckets.get(key, (self._most, now))
        tokens = min(self._most, tokens + (now - seen) * self._pace)
        is_over = tokens < 1
        tokens -= 0 if is_over else 1
        if len(self._buckets) >= _MOST_KEYS and key not in self._buckets:
            self._buckets.clear()
        self._buckets[key] = (tokens, now)
        reset = max(0.0, 1 - tokens) / self._pace
        return Allowance(is_over, int(tokens), math.ceil(reset))
