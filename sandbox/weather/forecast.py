"""The weather in force and how many calls have met it."""

from collections import Counter

from sandbox.weather.rules import Operation, Rule, Weather, rule_for


class Forecast:
    """Remember the rules and count each operation's calls since they were set."""

    def __init__(self, weather: Weather | None = None) -> None:
        """Start with this weather, or with a clear sky."""
        self.weather = weather or Weather()
        self._calls: Counter[Operation] = Counter()

    def set(self, weather: Weather) -> None:
        """Replace the rules and start counting afresh."""
        self.weather = weather
        self._calls.clear()

    def next(self, operation: Operation) -> Rule | None:
        """Count one call of the operation and return the rule it has to suffer."""
        call = self._calls[operation]
        self._calls[operation] += 1
        return rule_for(self.weather, operation, call)
