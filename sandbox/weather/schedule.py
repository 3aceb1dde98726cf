"""The weather in force and how many calls have met it."""

from collections import Counter
from random import Random

from sandbox.weather.operations import Operation
from sandbox.weather.rules import Rule, Weather, rule_for


class Schedule:
    """Remember the rules and count each operation's calls since they were set."""

    def __init__(self, weather: Weather | None = None) -> None:
        """Start with this weather, or with a clear sky."""
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

    def seconds(self, operation: Operation) -> float:
        """Return how long the next call of the operation takes on top of its work."""
        latency = next((each for each in self.weather.latency if each.concerns(operation)), None)
        return latency.draw(self._chances[operation]) if latency else 0.0
