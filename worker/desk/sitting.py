"""A sitting: one person approves batch after batch, and what came of each is kept. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import ABatch, APerson, BatchId
from worker.desk.sessions import GRANT_LIFE

MOST_BATCHES = 50
"""Batches of one sitting: as many as one network address may go to the platform for, and a page can show in full."""


class Step(StrEnum):
    """How far the sitting is with one batch."""

    ASKED = "asked"
    """The person was sent to the platform and did not come back so far."""
    DECLINED = "declined"
    """They came back without a consent, and decide what now."""
    APPROVED = "approved"
    SKIPPED = "skipped"


class Skip(StrEnum):
    """Why a batch was passed over."""

    LEFT_OUT = "left-out"
    STOPPED = "stopped"
    """The person ended the sitting before it came to this batch."""
    MOVED_ON = "moved-on"
    """It waits for nobody any more."""
    LAPSED = "lapsed"
    """It stopped, and is not prepared anew by itself."""
    CHANGED = "changed"
    """It is not what the person looked at before they began."""
    RENEWED = "renewed"
    """Its digests were renewed while the person was asked about the old ones."""
    FROZEN = "frozen"
    """Sealing was frozen while the person was asked about it."""
    NOT_ALLOWED = "not-allowed"
    DAMAGED = "damaged"


class BatchStep(Frozen):
    """How far the sitting is with one batch since `at`.

    `summary` is what was consented to; `why` it was skipped; `detail` what the platform or a rule said.
    """

    step: Step
    at: AwareDatetime
    summary: str = ""
    why: Skip | None = None
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the sitting is done with the batch."""
        return self.step in {Step.APPROVED, Step.SKIPPED}


class Planned(Frozen):
    """One batch of a sitting, and the appearance that the person looked at."""

    batch: ABatch
    appearance: str


class Plan(Frozen):
    """Who wants to approve what, in this order."""

    person: APerson
    began_at: AwareDatetime
    batches: tuple[Planned, ...] = Field(min_length=1, max_length=MOST_BATCHES)


class Sitting(Frozen):
    """A plan, and what came of it so far."""

    plan: Plan
    progress: Mapping[BatchId, BatchStep]

    @property
    def open(self) -> BatchId | None:
        """The batch about which the person was asked, or has to decide."""
        steps = ((planned.batch, self.progress.get(planned.batch)) for planned in self.plan.batches)
        return next((batch for batch, progress in steps if progress and not progress.is_final), None)

    @property
    def rest(self) -> tuple[Planned, ...]:
        """What the person was not asked about yet."""
        return tuple(planned for planned in self.plan.batches if planned.batch not in self.progress)

    @property
    def is_over(self) -> bool:
        """Whether the sitting is done with every batch."""
        return self.open is None and not self.rest

    def batches_at(self, step: Step) -> tuple[tuple[BatchId, BatchStep], ...]:
        """The batches with which it is that far, in their order."""
        known = ((planned.batch, self.progress.get(planned.batch)) for planned in self.plan.batches)
        return tuple((batch, progress) for batch, progress in known if progress and progress.step == step)

    def has_approved(self, history: History, now: datetime) -> bool:
        """Say whether the consent of this sitting to the batch as it stands is on its way."""
        progress = self.progress.get(history.batch)
        if progress is None or progress.step is not Step.APPROVED or history.state is not State.PREPARED:
            return False
        is_same = progress.summary == history.prepared.summary and progress.at >= history.since
        return is_same and now - progress.at < GRANT_LIFE


def appearance(history: History) -> str:
    """What a person decides upon, as one word: which documents will be sealed, and what they are warned of.

    Digests may be renewed meanwhile, since they hold a time; this stays the same.
    """
    prepared = history.prepared
    told = "\n".join([prepared.caution, *(str(each.document) for each in prepared.documents)])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
