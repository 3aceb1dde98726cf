"""Answers that stay the same for a while, as a responder behind a cache gives them."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

SHELF_LIFE = timedelta(seconds=60)


class Renewals:
    """Keeps each answer for a minute; an answer from the future, after a clock was set back, is made anew."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[Hashable, tuple[datetime, bytes]] = {}

    def current(self, key: Hashable, now: datetime, make: Callable[[datetime], bytes]) -> bytes:
        """Return the kept answer while it is fresh, otherwise what `make(now)` gives."""
        made_at, answer = self._kept.get(key, (None, b""))
        if made_at is None or not made_at <= now < made_at + SHELF_LIFE:
            answer = make(now)
            self._kept[key] = (now, answer)
        return answer
