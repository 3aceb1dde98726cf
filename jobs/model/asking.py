"""When a route's people are asked for its batches, when they are reminded, and when their deputies are told."""

from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from jobs.model.calendar import Calendar
from jobs.model.frozen import Frozen

Pause = Annotated[timedelta, Field(ge=timedelta(minutes=1))]


class Asking(Frozen):
    """A route's times. `at` are times of day until which documents are collected; empty for at once.

    After `remind_after` people are reminded, then every `remind_every`, `remind_at_most` times in all; after
    `escalate_after` the deputies are told, and may approve. None: never.
    """

    at: tuple[time, ...] = ()
    remind_after: Pause | None = None
    remind_every: Pause = timedelta(hours=4)
    remind_at_most: int = Field(default=3, ge=1, le=20)
    escalate_after: Pause | None = None
    calendar: Calendar = Calendar()

    def last_time(self, now: datetime) -> datetime | None:
        """When what waited was last made into a batch; None where nothing is collected."""
        return self.calendar.last_time(self.at, now) if self.at else None

    def next_time(self, now: datetime) -> datetime | None:
        """Until when is collected what comes now; None where nothing is."""
        return self.calendar.next_time(self.at, now) if self.at else None
