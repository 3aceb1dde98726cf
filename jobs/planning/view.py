"""What is looked at to decide about a route's waiting documents. Pure: times come in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from jobs.model.asking import Asking
from jobs.model.checkpoint import checkpoint_number
from jobs.model.documents import Document, Limits
from jobs.planning.pace import Asked, Pace
from jobs.ports import Age

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits: all `documents`, their `size` in bytes, and how many of them ask for a batch of their own.

    A checkpoint of the ledger waits for company: nobody shall be asked for it alone. Of all others the first came at
    `first`, `waited` ago, and the newest `quiet` ago.
    """

    documents: int
    size: int
    asking: int
    first: datetime | None = None
    waited: timedelta = _NOTHING
    quiet: timedelta = _NOTHING

    @classmethod
    def of(cls, documents: Sequence[Document], age: Age) -> Self:
        """Add up what waits."""
        times = [one.received_at for one in documents if checkpoint_number(one.name) is None]
        size = sum(one.size for one in documents)
        if not times:
            return cls(len(documents), size, 0)
        return cls(len(documents), size, len(times), min(times), age(min(times)), age(max(times)))


@dataclass(frozen=True, slots=True)
class Window:
    """Documents are collected until a time of day: when one last came, and when the next one comes."""

    last: datetime
    next: datetime

    @classmethod
    def of(cls, asking: Asking, now: datetime) -> Self | None:
        """The window that is open now; None where nothing is collected."""
        last, following = asking.last_time(now), asking.next_time(now)
        return None if last is None or following is None else cls(last, following)


@dataclass(frozen=True, slots=True)
class RouteNow:
    """A route at one moment. `since_asked` is how long its people had nothing to do with any batch, None for ever.

    `learned` is the largest batch that the vendor was seen to take, `token_life` how long a consent can be used; None
    where that is not known.
    """

    now: datetime
    limits: Limits
    waiting: Waiting
    window: Window | None = None
    pace: Pace = field(default_factory=Pace)
    asked: Asked = field(default_factory=Asked)
    since_asked: timedelta | None = None
    learned: int | None = None
    token_life: timedelta | None = None
    zone: tzinfo = UTC
