import time
from collections import Counter
from collections.abc import Mapping


class Progress:
    """How far a run is: so many trials in each lane, by its name. Lanes go side by side."""

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self._lanes = lanes
        self._done = Counter[str]()
        self._began = time.monotonic()

    def count(self, lane: str) -> str:
        """One more trial of that lane is over; tells how many are, and how long the rest will take."""
        self._done[lane] += 1
        left = self._estimate(time.monotonic() - self._began)
        time_left = f"{left / 60:3.0f} min left" if left else "all over"
        return f"{self._done.total():3} of {sum(self._lanes.values())}, {time_left}"

    def _estimate(self, elapsed: float) -> float:
        """Seconds until the slowest lane is over; one that has not ended a trial yet goes like all on average."""
        usual = elapsed * len(self._lanes) / self._done.total()
        left = {lane: count - self._done[lane] for lane, count in self._lanes.items()}
        paces = {lane: elapsed / self._done[lane] if self._done[lane] else usual for lane in self._lanes}
        return max(left[lane] * paces[lane] for lane in self._lanes)
