"""That somebody is to be asked for what a batch waits for, or asked again."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, APerson
from jobs.model.roles import Action


class PromptKind(StrEnum):
    """Why somebody is asked. Values stand in the feed of events."""

    REQUEST = "request"
    """A batch waits for them."""
    REMINDER = "reminder"
    """It still does."""
    ESCALATION = "escalation"
    """It waited too long for the approvers: their deputies may approve it now."""


class Prompt(Frozen):
    """These people are to be told at that time that the batch waits for them to release or to approve it.

    It comes out the same whenever it is asked for, so that whoever sends knows it again.
    """

    kind: PromptKind
    action: Action
    batch: ABatch
    people: frozenset[APerson] = Field(min_length=1)
    at: AwareDatetime
