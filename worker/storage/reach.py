"""How a machine gets what stands elsewhere onto its own disk. With folders of its own there is nothing to do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from jobs.model.documents import Document
from jobs.model.names import DocumentId, RouteName

TellDone = Callable[[int, int], object]
"""Hears how many are done, and how many there are."""


def tell_nobody(_done: int, _total: int) -> None:
    """Where nobody waits for it."""


class Reach(Protocol):
    """What is needed before files of this machine are read, or may be the only ones there are. Raises OSError."""

    def keep(self, documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
        """Have what stands on this machine's shelf outlive it; gives the errors of those that would not. Blocks."""
        ...

    def adopt(self) -> int:
        """Have on this machine's shelf what another took in and does not finish; gives how many. Blocks."""
        ...

    async def bring(self, document: Document) -> None:
        """Have the original on this machine's shelf; one that is kept nowhere any more does not come."""
        ...

    async def bring_refused(self, document: DocumentId) -> None:
        """Have what is kept of a document in quarantine in this machine's place for it."""
        ...

    async def bring_delivered(self, route: RouteName, name: str) -> None:
        """Have a sealed file with its sidecar in this machine's outbox, where it still stands in that of all."""
        ...

    def bringing_delivered(self, route: RouteName, name: str) -> AbstractAsyncContextManager[Path]:
        """Have a sealed file and what stands beside it below an outbox folder for the time of the block.

        What was taken out of the outbox of all is not there.
        """
        ...

    async def bring_ledger(self, tell: TellDone = tell_nobody) -> None:
        """Have every record in this machine's ledger folder, for what reads folders; `tell` hears how far that is."""
        ...

    async def follow_ledger(self, every: timedelta) -> None:
        """Do that again and again until cancelled. What goes wrong is told, and tried again."""
        ...

    async def tidy_for_ever(self, every: timedelta) -> None:
        """Remove copies on this machine that nothing needs any more, again and again until cancelled."""
        ...


class NothingElsewhere:
    """All there is stands in folders of this machine, or in ones that machines share; sealed files in `outbox`."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    def keep(self, documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:  # noqa: ARG002  as below
        """They stand where they have to."""
        return {}

    def adopt(self) -> int:
        """Whoever shares the folders sees what is left in them."""
        return 0

    async def bring(self, document: Document) -> None:
        """It stands on the shelf, or nowhere."""

    async def bring_refused(self, document: DocumentId) -> None:
        """It stands in its place."""

    async def bring_delivered(self, route: RouteName, name: str) -> None:
        """It stands in the outbox, or was collected."""

    def bringing_delivered(self, route: RouteName, name: str) -> AbstractAsyncContextManager[Path]:  # noqa: ARG002
        """It stands there."""
        return nullcontext(self._outbox)

    async def bring_ledger(self, tell: TellDone = tell_nobody) -> None:
        """It is the ledger."""

    async def follow_ledger(self, every: timedelta) -> None:  # noqa: ARG002  the protocol's
        """Nothing is to be followed."""
        await asyncio.Event().wait()

    async def tidy_for_ever(self, every: timedelta) -> None:  # noqa: ARG002  as above
        """There are no copies."""
        await asyncio.Event().wait()
