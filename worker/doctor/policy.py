"""Whether people and times of each route fit together: somebody can release and approve, and is there to be asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from config.settings import Settings
from jobs.model.calendar import Weekday
from jobs.model.documents import Route
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.roles import RouteRole, people_of
from worker.doctor.finding import Finding, caution, fault, fine

_SOON = timedelta(days=14)
"""Without a working day for so long, people wait for each other."""


def examine_policy(settings: Settings, freezes: tuple[Freeze, ...], now: datetime) -> Iterator[Finding]:
    """Look at every route: at its people, its times, and whether somebody froze it."""
    for route in settings.routes_by_name.values():
        findings = [*_examine_people(route), *_examine_times(route, now)]
        freeze = select_freeze(freezes, route.name)
        if freeze is not None:
            advice = "Ask them; then `zimogs unfreeze`, or lift it on the desk."
            findings.append(caution(_subject(route), f"since {freeze.at:%Y-%m-%d %H:%M %Z} {freeze.sentence}", advice))
        yield from findings or [fine(_subject(route), _describe(route))]


def _examine_people(route: Route) -> Iterator[Finding]:
    people = people_of(route)
    releasers, approvers = people[RouteRole.RELEASER], route.approvers | route.deputies
    if route.four_eyes and len(releasers | approvers) == 1:
        advice = "Name a second person among its releasers or approvers, or set four_eyes = false."
        yield fault(_subject(route), "four_eyes is set, and one person is all there is: nothing is ever sealed", advice)
    elif route.four_eyes and any(not route.approvers - {releaser} for releaser in releasers):
        advice = "Name another approver, or somebody else as releaser."
        yield caution(_subject(route), "when its only approver releases a batch, no approver is left for it", advice)
    if route.deputies and route.deputies <= route.approvers:
        advice = "Name other people as deputies, or take out deputies and escalate_after."
        yield caution(_subject(route), "its deputies are its approvers: an escalation tells nobody new", advice)


def _examine_times(route: Route, now: datetime) -> Iterator[Finding]:
    asking, calendar = route.asking, route.asking.calendar
    following = asking.next_time(now)
    if following is not None and following - now > _SOON:
        advice = "Look at approval.working_days and days_off."
        yield caution(_subject(route), f"nobody is asked before {following:%Y-%m-%d}", advice)
    for at in asking.at:
        if calendar.hours and not calendar.hours[0] <= at < calendar.hours[1]:
            advice = "Move it into approval.working_hours, or people hear of it in the next ones."
            yield caution(_subject(route), f"ask_at {at:%H:%M} is outside of working hours", advice)
    if asking.escalate_after and asking.remind_after and asking.escalate_after < asking.remind_after:
        advice = "Set escalate_after to more than remind_after."
        yield caution(_subject(route), "deputies are told before the approvers are reminded", advice)


def _describe(route: Route) -> str:
    times = ", ".join(f"{at:%H:%M}" for at in route.asking.at)
    eyes = "released by one person and approved by another" if route.four_eyes else "approved by one person"
    days = "" if route.asking.calendar.days == frozenset(Weekday) else " on working days"
    return f"{eyes}; {f'asked at {times}' if times else 'asked at once'}{days}"


def _subject(route: Route) -> str:
    return f"people of route {route.name}"
