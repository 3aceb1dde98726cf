"""A checkpoint a day: made, handed in to be sealed with the next batch of its route, and copied away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from jobs.model.checkpoint import Checkpoint, is_due
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.errors import BrokenLedger
from jobs.model.records import Refusal
from worker.evidence.copies import copy_away
from worker.storage.chains import find_heads
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger_key import CHECKPOINTS, open_secret
from worker.storage.threads import in_thread

log = structlog.get_logger()

Submit = Callable[[Path], Awaitable[Document | Refusal | Duplicate]]
"""Hands a copy of a file in to be sealed."""


Bring = Callable[[], Awaitable[None]]
"""Has the whole ledger in its folder."""
Turn = Callable[[], AbstractAsyncContextManager[bool]]
"""Lets one machine at a time keep the checkpoints; False while another one does."""


async def bring_nothing() -> None:
    """For a ledger that stands in its folder."""


@asynccontextmanager
async def take_turn() -> AsyncIterator[bool]:
    """For a folder, in which exclusive creation is enough."""
    yield True


class CheckpointKeeper:
    """Keeps the checkpoints of the ledger in one folder.

    Without `submit` they are not sealed, without `copy_to` not copied. Several processes may keep the same ones: a
    checkpoint is written once, and what is handed in twice is only sealed twice. Where machines share the ledger each
    `bring`s it here first, and one at a time has the `turn`.
    """

    def __init__(
        self,
        ledger: Path,
        *,
        now: Callable[[], datetime],
        submit: Submit | None = None,
        copy_to: Path | None = None,
        checkpoints: Checkpoints | None = None,
        bring: Bring = bring_nothing,
        turn: Turn = take_turn,
    ) -> None:
        self.checkpoints = checkpoints or Checkpoints(ledger.parent / CHECKPOINTS)
        self._ledger = ledger
        self._now = now
        self._submit = submit
        self._copy_to = copy_to
        self._bring = bring
        self._turn = turn
        self._kept: date | None = None
        """The day (UTC) whose checkpoint is made, or was not needed."""

    async def keep(self) -> None:
        """Make the day's checkpoint where it is due, and have done with each what is to be done.

        Raises BrokenLedger and OSError.
        """
        today = self._now().astimezone(UTC).date()
        async with self._turn() as is_ours:
            if is_ours and today != self._kept:
                await self._bring()
                latest = await asyncio.to_thread(lambda: self.checkpoints.latest(open_secret(self._ledger)))
                if is_due(latest, self._now()):
                    await self.make()
                self._kept = today
            if is_ours:
                await self.submit()
        await self.copy()

    async def make(self) -> Checkpoint | None:
        """Make a checkpoint now; None where nothing was written since the newest, or another process was faster.

        Raises as `keep`.
        """
        await self._bring()
        return await self._make()

    @in_thread
    def _make(self) -> Checkpoint | None:
        secret = open_secret(self._ledger)
        self.checkpoints.refresh()
        extent = self.checkpoints.extent(secret)
        heads = tuple(find_heads(self._ledger, extent.heads))
        if not set(heads) - set(extent.heads.values()) and (extent.next_number > 1 or not heads):
            return None
        with suppress(FileExistsError):
            return self.checkpoints.add(extent, heads, self._now(), secret)
        return None

    async def submit(self) -> Document | Refusal | None:
        """Hand the newest checkpoint in to be sealed; None where it was before, or nobody seals. Raises OSError."""
        number = await asyncio.to_thread(self._find_unsubmitted)
        if number is None or self._submit is None:
            return None
        submitted = await self._submit(self.checkpoints.path(number))
        outcome = submitted.document if isinstance(submitted, Duplicate) else submitted
        document = outcome.id if isinstance(outcome, Document) else outcome.document
        if isinstance(outcome, Refusal):
            log.warning("checkpoint refused", number=number, document=document, reason=outcome.reason)
        # A crash before this note has it sealed twice, which is one line more in a batch and does no harm.
        await asyncio.to_thread(self.checkpoints.note_submitted, number, document)
        return outcome

    async def copy(self) -> None:
        """Copy what is not yet where the copies are kept. Raises OSError."""
        if self._copy_to is not None:
            missing = await asyncio.to_thread(copy_away, self._ledger, self.checkpoints, self._copy_to)
            for path in missing:
                log.warning("record to copy is missing", path=str(path), advice="run `zimogs audit verify`")

    def _find_unsubmitted(self) -> int | None:
        numbers = self.checkpoints.numbers()
        if not numbers or numbers[-1] == 0 or self.checkpoints.is_submitted(numbers[-1]):
            return None
        return numbers[-1]


async def keep_for_ever(keeper: CheckpointKeeper, every: timedelta) -> None:
    """Keep checkpoints until cancelled; what fails is told, and tried again."""
    while True:
        try:
            await keeper.keep()
        except (OSError, BrokenLedger) as error:
            log.warning("checkpoint failed", error=str(error), again_in=every.total_seconds())
        await asyncio.sleep(every.total_seconds())
