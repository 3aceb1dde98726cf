"""The one place where the time is read; everything else is given it."""

import time
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class SteadyClock:
    """The time at which it was made, and what has passed since: no step of the machine's clock moves it."""

    def __init__(self) -> None:
        self._made, self._from = utc_now(), time.monotonic()

    def __call__(self) -> datetime:
        """The time, with its zone."""
        return self._made + timedelta(seconds=time.monotonic() - self._from)
