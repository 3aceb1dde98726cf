"""Damage in the records of one batch: what it is, and what the records before it still say."""

from pydantic import AwareDatetime, Field

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.lifecycle import TRANSITIONS, State
from jobs.model.names import ABatch

_SEALED_FROM = frozenset({State.FINALIZING, State.SEALED, State.ARCHIVING, State.ARCHIVED, State.DELIVERED})
"""The states in which the vendor may hold sealed files."""


class Damage(Frozen):
    """A batch whose records cannot be believed from some point on.

    `sound` is what the records before that say, None where not even the first is sound; `last` is the number of the
    last record that is there; `opened_at` is not before the batch was opened; `is_closed` where it had been settled.
    """

    batch: ABatch
    fault: str
    sound: History | None
    last: int = Field(ge=0)
    opened_at: AwareDatetime
    is_closed: bool = False
    is_archived: bool = False
    """Whether its records lie in an archive, which nobody writes to: a backup of that mends it, and no repair."""

    @property
    def may_be_sealed(self) -> bool:
        """Whether the damaged records may have told of a finalize: the table says where they can have led."""
        states: set[State | None] = {self.sound.state if self.sound else None}
        steps = self.last - (len(self.sound.records) if self.sound else 0)
        for _ in range(steps):
            states = {following for state in states for following in TRANSITIONS[state]} or states
            if states & _SEALED_FROM:
                return True
        return bool(states & _SEALED_FROM)

    def may_hold(self, document: Document) -> bool:
        """Whether the document may be one of the batch's, as far as anybody can tell."""
        if self.sound is not None:
            return document.id in self.sound.documents
        return not self.is_closed and document.received_at <= self.opened_at
