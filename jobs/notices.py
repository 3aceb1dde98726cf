"""Who is to be told what of a batch that waits for people, and when: read off its records and its route's times."""

from collections.abc import Iterator
from datetime import datetime

from jobs.model.documents import Route
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.notice import Notice, NoticeKind
from jobs.model.records import Lapsed, Prepared, Released, Signing
from jobs.model.roles import Act, Role, people_of


def due_notices(history: History, route: Route, now: datetime, freeze: Freeze | None) -> tuple[Notice, ...]:
    """Everything that people had to be told up to now of what the batch waits for, oldest first.

    Nothing while nobody is to be asked: it does not wait, or sealing is frozen. Whoever sends remembers what was sent;
    of what piled up meanwhile the newest is enough.
    """
    if history.state is not State.PREPARED or freeze is not None:
        return ()
    found = (notice for notice in _notices(history, route) if notice.at <= now)
    return tuple(sorted(found, key=lambda notice: notice.at))


def awaited_act(history: History, route: Route) -> Act | None:
    """What the batch waits for: to be released, or approved; None where it waits for nobody."""
    if history.state is not State.PREPARED:
        return None
    return Act.RELEASE if route.four_eyes and not history.has(Released) else Act.APPROVE


def escalation_time(history: History, route: Route) -> datetime | None:
    """From when on the deputies may approve; None where they never may, or nobody was asked yet.

    Counted from when the approvers were first asked, whatever came to nothing since.
    """
    asked = _first_asked(history, Act.APPROVE, route, after=0)
    if asked is None or route.asking.escalate_after is None:
        return None
    return route.asking.calendar.next_working_time(asked + route.asking.escalate_after)


def is_escalated(history: History, route: Route, now: datetime) -> bool:
    """Say whether the deputies may approve."""
    at = escalation_time(history, route)
    return at is not None and now >= at


def _notices(history: History, route: Route) -> Iterator[Notice]:
    act = awaited_act(history, route)
    asked = None if act is None else _first_asked(history, act, route, after=_last_turn(history))
    if act is None or asked is None:
        return
    people = people_of(route)
    # Who released does not approve as well.
    barred = {history.last(Released).releaser} if route.four_eyes and history.has(Released) else set()
    asked_people = people[Role.RELEASER if act is Act.RELEASE else Role.APPROVER] - barred
    deputies = people[Role.DEPUTY] - barred if act is Act.APPROVE else frozenset()
    escalates_at = escalation_time(history, route)
    times = tuple(_times(asked, route))
    for number, at in enumerate(times):
        called = asked_people | (deputies if escalates_at is not None and at > escalates_at else frozenset())
        if called:
            kind = NoticeKind.REMINDER if number else NoticeKind.REQUEST
            yield Notice(kind=kind, act=act, batch=history.batch, people=called, at=at)
    if escalates_at is not None and deputies:
        yield Notice(
            kind=NoticeKind.ESCALATION, act=act, batch=history.batch, people=deputies, at=max(escalates_at, times[0])
        )


def _times(asked: datetime, route: Route) -> Iterator[datetime]:
    """When the people who were asked are told, and told again: each time within working time."""
    asking = route.asking
    yield asking.calendar.next_working_time(asked)
    if asking.remind_after is None:
        return
    at = asking.calendar.next_working_time(asked + asking.remind_after)
    for _ in range(asking.remind_at_most):
        yield at
        at = asking.calendar.next_working_time(at + asking.remind_every)


def _first_asked(history: History, act: Act, route: Route, *, after: int) -> datetime | None:
    """When the batch first waited for that, of its records from that number on."""
    released = next((i for i, record in enumerate(history.records) if isinstance(record, Released)), None)
    if act is Act.APPROVE and route.four_eyes:
        if released is None:
            return None
        after = max(after, released)
    return next((record.at for record in history.records[after:] if isinstance(record, Prepared)), None)


def _last_turn(history: History) -> int:
    """Since when people are asked anew: an approval came to nothing, or a person wanted it asked again."""
    turns = (
        number
        for number, record in enumerate(history.records)
        if isinstance(record, Signing) or (isinstance(record, Lapsed) and record.by is not None)
    )
    return max(turns, default=0)
