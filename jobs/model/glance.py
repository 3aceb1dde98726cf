"""A batch at a glance: what is looked at every few seconds, of every open batch, without its documents."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from jobs.model.errors import IllegalTransition
from jobs.model.lifecycle import FINAL, State
from jobs.model.names import BatchId


@dataclass(frozen=True, slots=True)
class Preparation:
    """When the digests were frozen, until when the vendor keeps them, and the seal's certificate that they hold."""

    at: datetime
    expires_at: datetime
    certificate: str


class Passage(NamedTuple):
    """A state, and when the batch came to stand there."""

    state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """How a batch stands, since when, and how much of it there is; `size` is in bytes, `seal` the label of its seal.

    `newest` is the newest preparation, None before the first; `passages` tell of each record, oldest first.
    """

    batch: BatchId
    seal: str
    state: State
    since: datetime
    is_stopped: bool
    documents: int
    size: int
    records: int
    newest: Preparation | None
    passages: tuple[Passage, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state in FINAL

    @property
    def prepared(self) -> Preparation:
        """The newest preparation. Raises IllegalTransition when there is none yet."""
        if self.newest is None:
            raise IllegalTransition(f"{self.batch} has no prepared record yet")
        return self.newest
