"""Working time: windows and quiet hours, also where clocks go forward and back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.model.calendar import Calendar, Weekday

RIGA = ZoneInfo("Europe/Riga")
ZONES = [RIGA, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")]
HOURS = (time(8), time(17))

some_hours = st.none() | st.tuples(st.times(), st.times()).filter(lambda hours: hours[0] < hours[1])
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    days=st.frozensets(st.sampled_from(Weekday), min_size=1),
    hours=some_hours,
    days_off=st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 5)), max_size=5),
)
# Around both changes of the clock.
moments = st.datetimes(datetime(2026, 3, 25), datetime(2026, 4, 2), timezones=st.just(UTC)) | st.datetimes(  # noqa: DTZ001
    datetime(2026, 10, 22),  # noqa: DTZ001
    datetime(2026, 10, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
some_times = st.lists(st.times(), min_size=1, max_size=4)


def riga(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=RIGA)  # type: ignore[arg-type, misc]


@given(calendars, moments)
def test_the_next_working_time_is_not_before_and_is_its_own_next(calendar: Calendar, at: datetime) -> None:
    following = calendar.next_working_time(at)
    assert following >= at
    assert calendar.next_working_time(following) == following
    assert calendar.is_working_day(following.astimezone(calendar.zone).date())


@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_who_asks_later_never_hears_of_an_earlier_working_time(
    calendar: Calendar, at: datetime, later: timedelta
) -> None:
    assert calendar.next_working_time(at) <= calendar.next_working_time(at + later)


@given(calendars, moments, some_times)
def test_a_moment_lies_between_the_last_time_and_the_next(calendar: Calendar, at: datetime, times: list[time]) -> None:
    last, following = calendar.last_time(times, at), calendar.next_time(times, at)
    assert last <= at < following
    # Nothing comes between them, and each is the neighbour of the other.
    assert calendar.next_time(times, last) == following
    assert calendar.last_time(times, following - timedelta(microseconds=1)) == last
    assert calendar.last_time(times, following) == following


def test_a_weekend_and_a_day_off_are_passed_over() -> None:
    calendar = Calendar(zone=RIGA, hours=HOURS, days_off=frozenset({date(2026, 11, 30)}))
    friday_evening = riga(2026, 11, 27, 18)
    assert calendar.next_working_time(friday_evening) == riga(2026, 12, 1, 8)
    assert calendar.next_time([time(10)], friday_evening) == riga(2026, 12, 1, 10)
    assert calendar.last_time([time(10), time(15, 30)], riga(2026, 12, 1, 9)) == riga(2026, 11, 27, 15, 30)


def test_hours_are_those_of_the_wall_clock_in_summer_and_in_winter() -> None:
    calendar = Calendar(zone=RIGA, hours=HOURS)
    assert calendar.next_working_time(riga(2026, 7, 1, 1)) == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert calendar.next_working_time(riga(2026, 12, 1, 1)) == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_a_time_that_clocks_leave_out_comes_an_hour_later_and_one_that_comes_twice_counts_once() -> None:
    calendar = Calendar(zone=RIGA, days=frozenset(Weekday))
    spring, autumn = riga(2026, 3, 29, 1), riga(2026, 10, 25, 1)
    assert calendar.next_time([time(3, 30)], spring) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    first = calendar.next_time([time(3, 30)], autumn)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert calendar.next_time([time(3, 30)], first) == riga(2026, 10, 26, 3, 30)


@pytest.mark.parametrize("fault", [{"hours": (time(17), time(8))}, {"days": frozenset()}])
def test_a_house_in_which_nobody_ever_works_is_none(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate(fault)
