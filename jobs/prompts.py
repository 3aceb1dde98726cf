"""Who is to be told what of a batch that waits for people, and when: read off its records and its route's times."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from jobs.model.documents import Route
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import PersonalCode
from jobs.model.prompt import Prompt, PromptKind
from jobs.model.records import Lapsed, Prepared, Released, Signing
from jobs.model.roles import Action, RouteRole, people_of


def due_prompts(history: History, route: Route, now: datetime, freeze: Freeze | None) -> tuple[Prompt, ...]:
    """Everything that people had to be told up to now of what the batch waits for, oldest first.

    Nothing while nobody is to be asked: it does not wait, or sealing is frozen. Whoever sends remembers what was sent;
    of what piled up meanwhile the newest is enough.
    """
    if history.state is not State.PREPARED or freeze is not None:
        return ()
    found = (prompt for prompt in _prompts(history, route) if prompt.at <= now)
    return tuple(sorted(found, key=lambda prompt: prompt.at))


def next_action(history: History, route: Route) -> Action | None:
    """What the batch waits for: to be released, or approved; None where it waits for nobody."""
    if history.state is not State.PREPARED:
        return None
    return Action.RELEASE if route.four_eyes and not history.has(Released) else Action.APPROVE


def escalation_time(history: History, route: Route) -> datetime | None:
    """From when on the deputies may approve; None where they never may, or nobody was asked yet.

    Counted from when the approvers were first asked, whatever came to nothing since.
    """
    asked = _first_asked(history, Action.APPROVE, route, begin=0)
    if asked is None or route.asking.escalate_after is None:
        return None
    return route.asking.calendar.next_working_time(asked + route.asking.escalate_after)


def _prompts(history: History, route: Route) -> Iterator[Prompt]:
    """All that is ever to be told of what the batch waits for, as it stands now."""
    action = next_action(history, route)
    asked = None if action is None else _first_asked(history, action, route, begin=_last_turn(history))
    if action is None or asked is None:
        return
    people = _people_to_ask(history, route)
    own = people[RouteRole.RELEASER if action is Action.RELEASE else RouteRole.APPROVER]
    first, *reminders = _times(asked, route)
    # Before a release there is none: deputies stand in for approvers.
    escalates_at = escalation_time(history, route)
    deputies = people[RouteRole.DEPUTY] if escalates_at is not None else frozenset()

    told = [(PromptKind.REQUEST, first, own)]
    for at in reminders:
        is_late = escalates_at is not None and at > escalates_at
        told += [(PromptKind.REMINDER, at, own | deputies if is_late else own)]
    if escalates_at is not None:
        told.append((PromptKind.ESCALATION, max(escalates_at, first), deputies))
    for kind, at, whom in told:
        if whom:
            yield Prompt(kind=kind, action=action, batch=history.batch, people=whom, at=at)


def _people_to_ask(history: History, route: Route) -> Mapping[RouteRole, frozenset[PersonalCode]]:
    """Who is what in the route, without whoever released the batch: they do not approve it as well."""
    done = {history.last(Released).releaser} if route.four_eyes and history.has(Released) else set()
    return {role: people - done for role, people in people_of(route).items()}


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


def _first_asked(history: History, action: Action, route: Route, *, begin: int) -> datetime | None:
    """When the batch first waited for that, of its records from number `begin` on."""
    if action is Action.APPROVE and route.four_eyes:
        released = (number for number, record in enumerate(history.records) if isinstance(record, Released))
        begin = max(begin, next(released, len(history.records)))
    return next((record.at for record in history.records[begin:] if isinstance(record, Prepared)), None)


def _last_turn(history: History) -> int:
    """Since when people are asked anew: an approval came to nothing, or a person wanted it asked again."""
    turns = (
        number
        for number, record in enumerate(history.records)
        if isinstance(record, Signing) or (isinstance(record, Lapsed) and record.by is not None)
    )
    return max(turns, default=0)
