"""What somebody is to be told of a batch that waits for people."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, APerson
from jobs.model.roles import Action


class NoticeKind(StrEnum):
    """Why somebody is told. Values stand in the feed of events."""

    REQUEST = "request"
    """A batch waits for them."""
    REMINDER = "reminder"
    """It still does."""
    ESCALATION = "escalation"
    """It waited too long for the approvers: their deputies may approve it now."""


class Notice(Frozen):
    """These people are to be told at that time that the batch waits for them to release or to approve it.

    It comes out the same whenever it is asked for, so that its `key` tells whether it was sent.
    """

    kind: NoticeKind
    action: Action
    batch: ABatch
    people: frozenset[APerson] = Field(min_length=1)
    at: AwareDatetime

    @property
    def key(self) -> str:
        """What no other notice is called: `invoices-000001 approve reminder 2026-11-23T10:00:00+00:00`."""
        return f"{self.batch} {self.action} {self.kind} {self.at.isoformat(timespec='seconds')}"
