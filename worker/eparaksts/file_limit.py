import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from jobs.model.errors import SealingError

log = structlog.get_logger()


class FileLimit:
    """The largest file the vendor takes, in bytes, as far as it is known: asked at the start and now and then.

    While the vendor is out of reach files are taken in all the same; one that is too large is refused at upload.
    """

    def __init__(self, ask: Callable[[], Awaitable[int]]) -> None:
        self._ask = ask
        self._bytes: int | None = None

    def known(self) -> int | None:
        """The limit, None before the vendor told it."""
        return self._bytes

    async def learn(self) -> None:
        """Ask once; an unreachable vendor leaves what was known."""
        try:
            self._bytes = await self._ask()
        except SealingError as error:
            log.warning("file limit unknown", error=str(error))

    async def keep_learning(self, every: timedelta) -> None:
        """Ask again and again until cancelled."""
        while True:
            await asyncio.sleep(every.total_seconds())
            await self.learn()
