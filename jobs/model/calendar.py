"""The house's working time: on which days and hours people are asked and reminded, by the clock on their wall."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Self

from pydantic import Field, InstanceOf, model_validator

from jobs.model.frozen import Frozen

_DAY = timedelta(days=1)


class Weekday(StrEnum):
    """The days of the week, in the order in which `date.weekday` counts them."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Calendar(Frozen):
    """Working days are `days` without the `days_off`; people are told something within the `hours`, None for always.

    Times of day are those of `zone`. One that is left out when clocks go forward counts as the hour after, one that
    comes twice when they go back as the first.
    """

    zone: InstanceOf[tzinfo] = UTC
    days: frozenset[Weekday] = Field(default=frozenset(list(Weekday)[:5]), min_length=1)
    hours: tuple[time, time] | None = None
    days_off: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def _hours_are_a_day(self) -> Self:
        if self.hours and self.hours[0] >= self.hours[1]:
            raise ValueError("working hours begin before they end, on one day: [08:00, 17:00]")
        return self

    def is_working_day(self, day: date) -> bool:
        """Say whether somebody works on that day."""
        return list(Weekday)[day.weekday()] in self.days and day not in self.days_off

    def next_working_time(self, at: datetime) -> datetime:
        """The first moment from `at` on within working days and hours, in UTC."""
        begin, end = self.hours or (time.min, None)
        for day in self._working_days(at, 1):
            # Without hours the day ends where the next one begins.
            ending = self._moment(day + _DAY, time.min) if end is None else self._moment(day, end)
            if at < ending:
                return max(at.astimezone(UTC), self._moment(day, begin))
        raise AssertionError("there is always another working day")

    def next_time(self, times: Iterable[time], after: datetime) -> datetime:
        """The first moment after `after` at which one of these times of day comes on a working day, in UTC."""
        chosen = tuple(times)
        for day in self._working_days(after, 1):
            if found := [moment for at in chosen if (moment := self._moment(day, at)) > after]:
                return min(found)
        raise AssertionError("there is always another working day")

    def last_time(self, times: Iterable[time], until: datetime) -> datetime:
        """The newest moment up to `until` at which one of these times of day came on a working day, in UTC."""
        chosen = tuple(times)
        for day in self._working_days(until, -1):
            if found := [moment for at in chosen if (moment := self._moment(day, at)) <= until]:
                return max(found)
        raise AssertionError("there always was another working day")

    def _working_days(self, at: datetime, step: int) -> Iterator[date]:
        """Working days without end, from the day of `at` forward, or back where `step` is -1."""
        day = at.astimezone(self.zone).date()
        while True:
            if self.is_working_day(day):
                yield day
            day += step * _DAY

    def _moment(self, day: date, at: time) -> datetime:
        # `fold` is 0: the offset before the change, as PEP 495 has it for both gap and fold.
        return datetime.combine(day, at, self.zone).astimezone(UTC)
