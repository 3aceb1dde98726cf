import time


class Pace:
    """How long it took, after each death, until something moved again; times are monotonic seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._since: float | None = None
        self._seen: object = None

    def begin(self, seen: object) -> None:
        """Somebody died just now, when this was seen."""
        self._seen, self._since = seen, time.monotonic()

    def look(self, seen: object) -> None:
        """What is seen now."""
        if seen != self._seen and self._since is not None:
            self.longest = max(self.longest, time.monotonic() - self._since)
            self._since = None
        self._seen = seen
