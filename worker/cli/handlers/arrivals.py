"""When the documents of a simulation come: drawn by chance, the same for the same seed."""

from datetime import date, datetime, time, timedelta
from itertools import count, islice
from random import Random

from jobs.model.calendar import Calendar
from worker.cli.patterns import Pattern

_FIRST_DAY = date(2026, 1, 5)  # a Monday
_DAY = timedelta(days=1)
_OFFICE, _BURST, _ROUND_THE_CLOCK = ((8, 17), (8, 10), (0, 24))
"""Hours of the day, from and until."""
_MONTH = 20
"""Working days of one burst."""
_BURST_SHARE = 0.6


def draw_arrivals(pattern: Pattern, per_day: int, days: int, calendar: Calendar, chance: Random) -> list[datetime]:
    """The moments at which documents come on so many days, in order; `per_day` in the middle of them all."""
    every = (_FIRST_DAY + number * _DAY for number in count())
    working = (day for day in every if pattern is Pattern.EVEN or calendar.is_working_day(day))
    found: list[datetime] = []
    for number, day in enumerate(islice(working, days)):
        match pattern:
            case Pattern.OFFICE_HOURS:
                found += _draw(day, _OFFICE, per_day, calendar, chance)
            case Pattern.EVEN:
                found += _draw(day, _ROUND_THE_CLOCK, per_day, calendar, chance)
            case Pattern.MONTHLY_BURST:
                found += _draw(day, _OFFICE, round(per_day * (1 - _BURST_SHARE)), calendar, chance)
                if number % _MONTH == 0:
                    burst = round(per_day * min(_MONTH, days - number) * _BURST_SHARE)
                    found += _draw(day, _BURST, burst, calendar, chance)
    return sorted(found)


def _draw(day: date, hours: tuple[int, int], documents: int, calendar: Calendar, chance: Random) -> list[datetime]:
    begin = datetime.combine(day, time(), calendar.zone)
    first, last = (hour * 3600 for hour in hours)
    return [begin + timedelta(seconds=chance.uniform(first, last)) for _ in range(documents)]
