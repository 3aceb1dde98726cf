"""How many documents are in memory at once: of large batches only a few are under way, and small ones never wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SMALL = 100
"""Documents of a batch that waits for nobody; so many steps of one are taken at a time."""
MOST = 2000
"""Documents of all larger batches that are under way together: their steps fill every slot that the vendor has."""


class Room:
    """Lets large batches in as they come, while their documents fit together; one too large for that goes alone."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held = 0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def taken(self, documents: int) -> AsyncIterator[None]:
        """Wait until there is room for so many, and take it for the time of the block."""
        if documents <= SMALL:
            yield
            return
        # In the order in which they come: the largest would wait for as long as others fit in before it.
        async with self._turn:
            while self._held and self._held + documents > self._most:
                self._changed.clear()
                await self._changed.wait()
            self._held += documents
        try:
            yield
        finally:
            self._held -= documents
            self._changed.set()
