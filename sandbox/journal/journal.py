"""The journal: the latest entries, numbered from 1, and waiting for the next one."""

import asyncio
from collections import OrderedDict, deque
from itertools import islice

from sandbox.journal.entries import JournalEntry

LENGTH = 1000  # entries, and digests summaries, that are remembered


class Journal:
    """Keep the latest entries in memory; writing one costs a few microseconds, whoever reads them."""

    def __init__(self, length: int = LENGTH) -> None:
        """Start empty."""
        self.last = 0
        self.is_closed = False
        self._kept: deque[JournalEntry] = deque(maxlen=length)
        self._batches: OrderedDict[str, int] = OrderedDict()
        self._news = asyncio.Event()

    def add(self, entry: JournalEntry) -> None:
        """Write it down under the next number."""
        self._kept.append(entry)
        self.last += 1
        self._news.set()

    def after(self, number: int) -> list[tuple[int, JournalEntry]]:
        """Return the kept entries of higher numbers, the oldest first."""
        # The number of the oldest entry that is still kept.
        first = self.last - len(self._kept) + 1
        return list(enumerate(islice(self._kept, max(0, number + 1 - first), None), max(first, number + 1)))

    def valid_number(self, number: int) -> int:
        """Return the number if it was given out here, else 0: it stems from before a restart."""
        return number if number <= self.last else 0

    async def wait_for_news(self, number: int) -> None:
        """Wait until there is an entry of a higher number, or the journal is closed."""
        while self.last <= number and not self.is_closed:
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """Let everybody go who waits for news."""
        self.is_closed = True
        self._news.set()

    def batch(self, summary: str, documents: int) -> None:
        """Remember how many digests stand behind this summary."""
        self._batches[summary] = documents
        if len(self._batches) > LENGTH:
            self._batches.popitem(last=False)

    def documents(self, summary: str) -> int | None:
        """Return how many documents consent to this summary covers, if its digests were calculated here."""
        return self._batches.get(summary)
