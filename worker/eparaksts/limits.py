"""What the vendor allows this client (vendor §4.11), asked now and then."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from jobs.model.errors import SealingError

log = structlog.get_logger()

LIMITS_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How many bytes a file may have, and how long a session is kept."""

    file_max_length: int
    session_life: timedelta


class CurrentLimits:
    """Asks for the limits, and again when what is known is five minutes old; one asks for all that wait."""

    def __init__(self, ask: Callable[[], Awaitable[ClientLimits]], now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._now = now
        self._question = asyncio.Lock()
        self._answer: tuple[datetime, ClientLimits] | None = None

    async def get(self) -> ClientLimits:
        """The limits as they are now. Raises what asking raises."""
        async with self._question:
            # By a clock that was set back an answer is no younger.
            if self._answer is None or abs(self._now() - self._answer[0]) >= LIMITS_LIFE:
                self._answer = self._now(), await self._ask()
            return self._answer[1]


class FileLimit:
    """The largest file the vendor takes, in bytes, as far as it is known: asked at the start and now and then.

    While the vendor is out of reach files are taken in all the same; one that is too large is refused at upload.
    """

    def __init__(self, ask: Callable[[], Awaitable[int]]) -> None:
        self._ask = ask
        self._bytes: int | None = None

    def get(self) -> int | None:
        """The limit, None before the vendor told it."""
        return self._bytes

    async def refresh(self) -> None:
        """Ask once; an unreachable vendor leaves what was known."""
        try:
            self._bytes = await self._ask()
        except SealingError as error:
            log.warning("file limit unknown", error=error)

    async def refresh_for_ever(self, every: timedelta) -> None:
        """Ask now, and again and again until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(every.total_seconds())
