"""What has to be remembered to tell others what happens. All but `telling` blocks, and raises OSError."""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from jobs.model.events import Event
from jobs.model.names import DocumentId
from worker.storage.feed_position import FeedPosition
from worker.storage.notice_box import Backlog, Notice, TargetState


class TellingPosition(Protocol):
    """How far others were told."""

    def read(self) -> FeedPosition | None:
        """The position; None where nobody was told anything yet."""
        ...

    def write(self, position: FeedPosition) -> None:
        """Go on to there."""
        ...

    def read_quarantined(self) -> frozenset[DocumentId] | None:
        """Which refused originals are known; None where nobody was told anything yet."""
        ...

    def write_quarantined(self, known: Collection[DocumentId]) -> None:
        """Know these."""
        ...


class EventBox(Protocol):
    """What one target is to be told, by notices that sort by time."""

    @property
    def target(self) -> str:
        """The name of the target, by which its box is kept."""
        ...

    @property
    def state(self) -> TargetState:
        """How the target was met last."""
        ...

    def add(self, events: Iterable[Event]) -> None:
        """Have these told; one that is here already stays as it is."""
        ...

    def untold(self) -> tuple[Notice, ...]:
        """What is to be told, oldest first."""
        ...

    def dead(self) -> Iterable[Notice]:
        """What was given up, oldest first."""
        ...

    def keep(self, notice: Notice) -> None:
        """Note how it was tried."""
        ...

    def remove(self, notice: Notice) -> None:
        """It was told."""
        ...

    def bury(self, notice: Notice) -> None:
        """Give it up, and keep it for whoever looks."""
        ...

    def revive(self) -> int:
        """Have all told once more that was given up, also to a target that wanted nothing any more; says how many."""
        ...

    def forget_dead(self, before: datetime) -> None:
        """Remove what was given up of events before that time."""
        ...

    def note(self, state: TargetState) -> None:
        """Write down how it was met."""
        ...

    def backlog(self) -> Backlog:
        """How much it has not been told."""
        ...


class Notices(Protocol):
    """Where the position and the boxes are kept, and which process it is that tells."""

    @property
    def position(self) -> TellingPosition:
        """How far others were told."""
        ...

    def box(self, target: str) -> EventBox:
        """The box of the target with that name."""
        ...

    def telling(self) -> AbstractAsyncContextManager[asyncio.Event | None]:
        """Be the one that tells for the time of the block; None while another process is.

        The event is set when another one has taken it over. Raises OSError where no lease can be had.
        """
        ...
