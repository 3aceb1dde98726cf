"""The weather in force and how many calls have met it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from sandbox.weather.operations import Operation
from sandbox.weather.rules import Rule, Weather, rule_for


class Schedule:
    """Remember the rules and count each operation's calls since they were set."""

    def __init__(self, weather: Weather | None = None) -> None:
        """Start with this weather, or with a clear sky."""
        self._under_way = 0
        self.set(weather or Weather())

    def set(self, weather: Weather) -> None:
        """Replace rules and latencies and start counting and drawing afresh."""
        self.weather = weather
        self._calls: Counter[Operation] = Counter()
        # One chance for each operation, so that it does not matter in which order different calls arrive.
        self._chances = {each: Random(f"{weather.seed} {each}") for each in Operation}  # noqa: S311 - no secrets

    def next(self, operation: Operation) -> Rule | None:
        """Count one call of the operation and return the rule it has to suffer."""
        call = self._calls[operation]
        self._calls[operation] += 1
        return rule_for(self.weather, operation, call)

    @property
    def is_full(self) -> bool:
        """Say whether as many calls are under way as the vendor bears in this weather."""
        return 0 < self.weather.capacity <= self._under_way

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a call for the time of the block."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def seconds(self, operation: Operation) -> float:
        """Return how long the next call of the operation takes on top of its work."""
        latency = next((each for each in self.weather.latency if each.concerns(operation)), None)
        return latency.draw(self._chances[operation]) if latency else 0.0
