"""The tables that say how batches go: `[routes.NAME]`, and `[approval]`, by which people work on all of them."""

from datetime import UTC, date, time, timedelta, tzinfo
from enum import StrEnum
from typing import Self

from pydantic import (
    Field,
    PositiveInt,
    model_validator,
)

from config.sections import Seconds, SettingsTable
from jobs.model.asking import Asking, Pause
from jobs.model.calendar import Calendar, Weekday
from jobs.model.documents import Box, Content, Limits, Profile, Route, SealFormat, Validation
from jobs.model.duplicates import Duplicates
from jobs.model.levels import SealLevel
from jobs.model.metadata import MetadataUse
from jobs.model.names import APerson, RouteName


class Approval(SettingsTable):
    """How long a person may take, and when people work: only then are they asked at a time of day, and reminded."""

    within: Seconds = timedelta(hours=24)
    fresh_for: Seconds = timedelta(minutes=10)
    working_days: frozenset[Weekday] = Field(default=Calendar().days, min_length=1)
    working_hours: tuple[time, time] | None = None
    days_off: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def _makes_a_calendar(self) -> Self:
        _ = self.calendar(UTC)
        return self

    def calendar(self, zone: tzinfo) -> Calendar:
        """The working time of a house in that zone. Raises ValueError for hours that make no day."""
        return Calendar(zone=zone, days=self.working_days, hours=self.working_hours, days_off=self.days_off)


class Names(StrEnum):
    """What becomes of names that other systems, such as Windows, cannot hold or mistake for another."""

    WARN = "warn"
    """The person who approves is told."""
    REFUSE = "refuse"
    """They go to quarantine."""


class RouteSettings(Limits):
    """One `[routes.NAME]` table: a seal, how it is made, limits, who may do what, and when people are asked.

    `metadata_wait` is how long a document without a sidecar waits for it where `metadata` is required.
    """

    seal: str = Field(min_length=1)
    format: SealFormat = SealFormat.PDF
    content: Content = Content.WHOLE
    level: SealLevel = SealLevel.LT
    validation: Validation = Field(default=Validation.LOCAL, alias="validate")
    visible: bool = False
    visible_page: PositiveInt = 1
    visible_box: Box = (0, 0, 300, 150)
    names: Names = Names.WARN
    metadata: MetadataUse = MetadataUse.OPTIONAL
    metadata_wait: Seconds = timedelta(seconds=60)
    duplicates: Duplicates = Duplicates.SEAL
    approvers: frozenset[APerson] = Field(min_length=1)
    four_eyes: bool = False
    """Whether a batch is released by one person before another one approves it."""
    releasers: frozenset[APerson] = frozenset()
    """Who releases; the approvers themselves where nobody is named."""
    deputies: frozenset[APerson] = frozenset()
    """Who may approve what the approvers left waiting for `escalate_after`."""
    viewers: frozenset[APerson] = frozenset()
    """Who sees everything and decides nothing."""
    ask_at: tuple[time, ...] = ()
    """Times of day until which documents are collected; without any a batch is made `max_wait` after the first."""
    remind_after: Pause | None = None
    remind_every: Pause = timedelta(hours=4)
    remind_at_most: int = Field(default=3, ge=1, le=20)
    escalate_after: Pause | None = None

    @model_validator(mode="after")
    def _profile_fits(self) -> Self:
        _ = self.profile
        return self

    @model_validator(mode="after")
    def _deputies_have_their_time(self) -> Self:
        if bool(self.deputies) is (self.escalate_after is None):
            raise ValueError("deputies and escalate_after go together: who stands in, and after how long")
        return self

    @model_validator(mode="after")
    def _releasers_have_their_reason(self) -> Self:
        if self.releasers and not self.four_eyes:
            raise ValueError("releasers are of use with four_eyes = true alone; who only looks is one of the viewers")
        return self

    @property
    def profile(self) -> Profile:
        """How this route's documents are sealed. Raises ValueError for what does not fit together."""
        return Profile(
            format=self.format,
            content=self.content,
            level=self.level,
            validation=self.validation,
            visible=self.visible,
            visible_page=self.visible_page,
            visible_box=self.visible_box,
        )

    def route(self, name: RouteName, calendar: Calendar) -> Route:
        """The route as the rules know it, in a house that works by that calendar."""
        return Route(
            name=name,
            seal=self.seal,
            profile=self.profile,
            limits=Limits(**{name: getattr(self, name) for name in Limits.model_fields}),
            approvers=self.approvers,
            four_eyes=self.four_eyes,
            releasers=self.releasers,
            deputies=self.deputies,
            viewers=self.viewers,
            asking=Asking(
                at=self.ask_at,
                remind_after=self.remind_after,
                remind_every=self.remind_every,
                remind_at_most=self.remind_at_most,
                escalate_after=self.escalate_after,
                calendar=calendar,
            ),
        )
